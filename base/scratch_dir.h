// A private directory for things that live as long as one run.
#pragma once

#include <filesystem>

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

}  // namespace recrank
