// Opening what lies below a directory in which somebody may be changing things meanwhile.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/fd.h"

namespace recrank {

// Holds the directory itself, so that its own path may change. Nothing outside of it is ever
// opened: no part of a path may be a symbolic link, whoever puts it there and whenever (openat2
// with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS). A kernel that lacks or forbids openat2 is no way
// around it: there each part of a path is opened from the one before, without following a link.
// Paths are relative and without ".."; what else fails is a kIo Error that names them. May be
// shared by threads.
class Beneath {
 public:
  enum class Way { kBest, kByParts };

  // `root` itself may be named through links: whoever gives it means what they lead to.
  explicit Beneath(std::filesystem::path root, Way way = Way::kBest);

  // For reading. nullopt: a symbolic link stands there or on the way.
  [[nodiscard]] std::optional<UniqueFd> open_file(const std::filesystem::path& path) const;
  // "" is the root.
  [[nodiscard]] std::optional<UniqueFd> open_directory(const std::filesystem::path& path) const;

  // As open(2) does: a descriptor, or -1 with errno set (ELOOP for a link).
  [[nodiscard]] int open(const std::filesystem::path& path, int flags) const;

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  // False: path by path, by one call each. True: part by part.
  [[nodiscard]] bool by_parts() const { return by_parts_; }

 private:
  std::filesystem::path root_;
  UniqueFd fd_;
  bool by_parts_ = false;
};

}  // namespace recrank
