// Who may read what is made of somebody's files.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace recrank {

// Whether everybody on this machine may read the file, or all files in the directory: by their own
// modes and by those of all directories on the way. False where that cannot be told.
[[nodiscard]] bool readable_by_all(const std::filesystem::path& path);

// Files that this process makes, while it lives, are for their owner alone (mode 0600 or less),
// whatever the umask; nothing is changed with `everybody`. One at a time, and not beside threads
// that make files.
class OwnerOnly {
 public:
  explicit OwnerOnly(bool everybody = false);
  ~OwnerOnly();
  OwnerOnly(const OwnerOnly&) = delete;
  OwnerOnly& operator=(const OwnerOnly&) = delete;

 private:
  mode_t before_;
};

}  // namespace recrank
