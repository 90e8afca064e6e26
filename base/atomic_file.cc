#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/unfinished.h"

namespace recrank {
namespace {

mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

std::string name_of(const UniqueFd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  remove_abandoned(path_);
  fd_ = UniqueFd(::open(parent_of(path_).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // It gets its name through /proc, which not every container has.
  if (fd_.valid() && ::access(name_of(fd_).c_str(), F_OK) == 0) {
    static_cast<void>(lock_unfinished(fd_.get()));
    return;
  }
  do {
    temporary_ = unfinished_name(path_);
    fd_ = UniqueFd(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd_.valid() && errno == EEXIST) continue;
    if (!fd_.valid()) throw_errno("cannot create " + path_.string(), errno);
    // Another recrank may take it for abandoned before it is locked.
  } while (!fd_.valid() || !lock_unfinished(fd_.get()));
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty() && !committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) { write_all(fd_.get(), bytes, path_.string()); }

const std::filesystem::path& AtomicFile::temporary_path() {
  make_named();
  return temporary_;
}

void AtomicFile::make_named() {
  while (temporary_.empty()) {
    const std::filesystem::path name = unfinished_name(path_);
    if (link_as(name)) temporary_ = name;
  }
}

void AtomicFile::complete() {
  if (::fchmod(fd_.get(), usual_mode()) != 0 || ::fsync(fd_.get()) != 0) {
    throw_errno("cannot write " + path_.string(), errno);
  }
}

bool AtomicFile::link_as(const std::filesystem::path& name) const {
  if (::linkat(AT_FDCWD, name_of(fd_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    return true;
  }
  if (errno == EEXIST) return false;
  throw_errno("cannot create " + path_.string(), errno);
}

void AtomicFile::commit() {
  complete();
  make_named();  // only a rename replaces what is there
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw_errno("cannot create " + path_.string(), errno);
  }
  committed_ = true;
  make_durable(parent_of(path_), path_);
}

void AtomicFile::commit_as_new() {
  complete();
  if (temporary_.empty()) {
    if (!link_as(path_)) refuse_existing(path_);
  } else if (!rename_to_free_name(temporary_, path_)) {
    if (errno == EEXIST) refuse_existing(path_);
    throw_errno("cannot create " + path_.string(), errno);
  }
  committed_ = true;
  make_durable(parent_of(path_), path_);
}

}  // namespace recrank
