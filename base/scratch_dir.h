// A private directory for things that live as long as one run.
#pragma once

#include <filesystem>
#include <vector>

#include "base/fd.h"

namespace recrank {

// Made under $TMPDIR (or /tmp), mode 0700, removed with all its content by the destructor; what a
// killed process has left is removed by the next that makes one. Move-only.
//
// Beside $TMPDIR/recrank-XXXXXX lies a file with the suffix .lock, which the process holds locked
// (flock).
class ScratchDir {
 public:
  ScratchDir();
  ScratchDir(ScratchDir&& other) noexcept;
  ScratchDir& operator=(ScratchDir&&) = delete;
  ~ScratchDir();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  UniqueFd lock_;
};

// Removes those in $TMPDIR whose process is gone. The first that a process makes does it.
void remove_abandoned_scratch_dirs();

// For debugging: those that are made from here on stay when their owners are done. Call it before
// there are other threads.
void keep_scratch_dirs();
// They have no lock, so that nothing removes them.
// The paths of those that stay, in the order in which they were made.
[[nodiscard]] std::vector<std::filesystem::path> kept_scratch_dirs();

}  // namespace recrank
