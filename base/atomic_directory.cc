#include "base/atomic_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/unfinished.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// "a/b/" is "a/b".
fs::path without_slash(fs::path path) {
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

// Asked before the directory is made, since what is wrong with the call is said first.
fs::path free_place(fs::path path) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error))) refuse_existing(path);
  if (!fs::is_directory(parent_of(path), error)) {
    throw Error(ErrorCode::kUsage, parent_of(path).string() +
                                       ": no such directory; make it first, " +
                                       path.filename().string() + " is made in it");
  }
  return path;
}

}  // namespace

AtomicDirectory::AtomicDirectory(fs::path final_path)
    : final_(free_place(without_slash(std::move(final_path)))), unfinished_(final_) {}

void AtomicDirectory::commit() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::chmod(path().c_str(), 0777 & ~mask) != 0) {
    throw_errno("cannot write " + final_.string(), errno);
  }
  make_durable(path(), final_);
  if (!rename_to_free_name(path(), final_)) {
    if (errno == EEXIST || errno == ENOTEMPTY) refuse_existing(final_);
    throw_errno("cannot create " + final_.string(), errno);
  }
  unfinished_.release();
  make_durable(parent_of(final_), final_);
}

}  // namespace recrank
