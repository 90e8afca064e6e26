// A private directory for things that live as long as one run.
#pragma once

#include <filesystem>
#include <vector>

namespace recrank {

// Made under $TMPDIR (or /tmp), mode 0700, removed with all its content by the destructor.
// Move-only.
class ScratchDir {
 public:
  ScratchDir();
  ScratchDir(ScratchDir&& other) noexcept;
  ScratchDir& operator=(ScratchDir&&) = delete;
  ~ScratchDir();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// For debugging: those that are made from here on stay when their owners are done. Call it before
// there are other threads.
void keep_scratch_dirs();
// The paths of those that stay, in the order in which they were made.
[[nodiscard]] std::vector<std::filesystem::path> kept_scratch_dirs();

}  // namespace recrank
