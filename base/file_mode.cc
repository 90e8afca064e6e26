#include "base/file_mode.h"

#include <sys/stat.h>

#include <system_error>

namespace recrank {
namespace {

namespace fs = std::filesystem;

// A directory with more is not looked through to its end.
constexpr size_t kFilesMax = 10'000;

bool has(const fs::path& path, fs::perms wanted) {
  std::error_code failed;
  const fs::perms perms = fs::status(path, failed).permissions();
  return !failed && (perms & wanted) == wanted;
}

bool files_readable(const fs::path& directory) {
  std::error_code failed;
  size_t files = 0;
  const fs::recursive_directory_iterator end;
  for (fs::recursive_directory_iterator it(directory, failed); !failed && it != end;
       it.increment(failed)) {
    const bool link = it->is_symlink(failed);
    if (!link && it->is_directory(failed)) {
      if (!has(it->path(), fs::perms::group_exec | fs::perms::others_exec)) return false;
    } else if (!link && !has(it->path(), fs::perms::group_read | fs::perms::others_read)) {
      return false;
    }
    if (++files > kFilesMax) return false;
  }
  return !failed;
}

}  // namespace

bool readable_by_all(const fs::path& path) {
  std::error_code failed;
  const fs::path real = fs::canonical(path, failed);
  if (failed || !has(real, fs::perms::group_read | fs::perms::others_read)) return false;
  for (fs::path above = real.parent_path();; above = above.parent_path()) {
    if (!has(above, fs::perms::group_exec | fs::perms::others_exec)) return false;
    if (above == above.parent_path()) break;
  }
  return !fs::is_directory(real, failed) || files_readable(real);
}

OwnerOnly::OwnerOnly(bool everybody) : before_(::umask(0)) {
  ::umask(everybody ? before_ : before_ | S_IRWXG | S_IRWXO);
}

OwnerOnly::~OwnerOnly() { ::umask(before_); }

}  // namespace recrank
