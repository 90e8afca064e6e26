#include "base/atomic_directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/fd.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// "a/b/" is "a/b".
fs::path without_slash(fs::path path) {
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

[[noreturn]] void refuse(const fs::path& path) {
  throw Error(ErrorCode::kUsage, path.string() + " is there already; nothing of it is replaced");
}

// Not every file system can rename "unless it is there": there a look before has to do.
bool rename_into_place(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error))) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

void make_durable(const fs::path& directory, const fs::path& shown) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) throw_errno("cannot write " + shown.string(), errno);
}

}  // namespace

AtomicDirectory::AtomicDirectory(fs::path final_path)
    : final_(without_slash(std::move(final_path))) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(final_, error))) refuse(final_);
  if (!fs::is_directory(parent_of(final_), error)) {
    throw Error(ErrorCode::kUsage, parent_of(final_).string() +
                                       ": no such directory; make it first, " +
                                       final_.filename().string() + " is made in it");
  }
  std::string name = final_.string() + ".incomplete-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw_errno("cannot create " + final_.string(), errno);
  temporary_ = name;
}

AtomicDirectory::~AtomicDirectory() {
  std::error_code ignored;  // nobody is left to be told
  if (!committed_) fs::remove_all(temporary_, ignored);
}

void AtomicDirectory::commit() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::chmod(temporary_.c_str(), 0777 & ~mask) != 0) {
    throw_errno("cannot write " + final_.string(), errno);
  }
  make_durable(temporary_, final_);
  if (!rename_into_place(temporary_, final_)) {
    if (errno == EEXIST || errno == ENOTEMPTY) refuse(final_);
    throw_errno("cannot create " + final_.string(), errno);
  }
  committed_ = true;
  make_durable(parent_of(final_), final_);
}

}  // namespace recrank
