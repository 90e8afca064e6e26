// What lies in a Montana node's data directory: names, and the small files of meta/.
// Format: docs/formats/montana.md. identity.bin holds secret keys: it is never opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "snapshot/step.h"

namespace recrank::montana {

// The clock as meta/timechain.bin has it.
struct ClockFile {
  Digest value{};       // t_r
  uint64_t hashes = 0;  // D
  uint64_t last_window = 0;
};

struct FileDamage {
  std::string file;  // "meta/timechain.bin"
  std::string what;
};

struct Directory {
  std::filesystem::path path;
  std::string shown;                       // what messages call it
  std::vector<StepRange> windows;          // of which proposals/ has a file: sorted, apart
  std::optional<uint64_t> current_window;  // each nullopt where the file is missing or damaged
  std::optional<uint64_t> last_cemented;
  std::optional<ClockFile> clock;
  std::vector<std::string> notes;  // what is missing, and what was left behind half written
  std::vector<FileDamage> damage;  // files of meta/ that are not what they should be

  [[nodiscard]] std::filesystem::path proposal(uint64_t window) const;
  [[nodiscard]] std::string shown_proposal(uint64_t window) const;
  [[nodiscard]] std::optional<uint64_t> last_proposal() const;
  [[nodiscard]] bool holds(uint64_t window) const;
};

// Throws kIo where the machine refuses. Symbolic links are not followed.
[[nodiscard]] Directory read_directory(const std::filesystem::path& path, std::string shown);

// Judged by names and first bytes: two of the three tables, a clock, a current window, an archived
// proposal. Torn and damaged directories still have two.
[[nodiscard]] bool is_montana_directory(const std::filesystem::path& path);

// Whether a file of this name may be part of such a directory, in an archive: by its name and its
// last directory's. Never true for identity.bin.
[[nodiscard]] bool is_montana_file(const std::filesystem::path& name);

}  // namespace recrank::montana
