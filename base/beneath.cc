#include "base/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr int kPartFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

int open_at_once(int root, const fs::path& path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(static_cast<unsigned>(flags));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how)));
}

// A directory is wanted and a link is there: the kernel says "not a directory" of it.
int link_or(int error, int directory, const fs::path& name) {
  struct stat status {};
  const bool link = error == ENOTDIR &&
                    ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISLNK(status.st_mode);
  errno = link ? ELOOP : error;
  return -1;
}

int open_by_parts(int root, const fs::path& path, int flags) {
  UniqueFd held;
  int directory = root;
  for (const fs::path& part : path.parent_path()) {
    UniqueFd next(::openat(directory, part.c_str(), kPartFlags));
    if (!next.valid()) return link_or(errno, directory, part);
    held = std::move(next);
    directory = held.get();
  }
  const fs::path name = path.filename();
  const int fd = ::openat(directory, name.c_str(), flags | O_NOFOLLOW);
  return fd >= 0 ? fd : link_or(errno, directory, name);
}

bool openat2_works(int root) {
  const UniqueFd fd(open_at_once(root, ".", O_PATH | O_CLOEXEC));
  return fd.valid();
}

}  // namespace

Beneath::Beneath(fs::path root, Way way)
    : root_(std::move(root)), fd_(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_.valid()) throw_errno("cannot open " + root_.string(), errno);
  by_parts_ = way == Way::kByParts || !openat2_works(fd_.get());
}

int Beneath::open(const fs::path& path, int flags) const {
  for (const fs::path& part : path) RECRANK_CHECK(part != ".." && part != "/");
  flags |= O_CLOEXEC;
  return by_parts_ ? open_by_parts(fd_.get(), path, flags) : open_at_once(fd_.get(), path, flags);
}

std::optional<UniqueFd> Beneath::open_file(const fs::path& path) const {
  // O_NONBLOCK: a pipe that was put there must not block us; it has no effect on regular files.
  UniqueFd fd(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid() && errno == ELOOP) return std::nullopt;
  if (!fd.valid()) throw_errno("cannot open " + (root_ / path).string(), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    throw_errno("cannot stat " + (root_ / path).string(), errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kIo, (root_ / path).string() + ": not a regular file");
  }
  return fd;
}

std::optional<UniqueFd> Beneath::open_directory(const fs::path& path) const {
  UniqueFd fd(open(path.empty() ? fs::path(".") : path, O_RDONLY | O_DIRECTORY));
  if (!fd.valid() && errno == ELOOP) return std::nullopt;
  if (!fd.valid()) throw_errno("cannot open " + (root_ / path).string(), errno);
  return fd;
}

}  // namespace recrank
