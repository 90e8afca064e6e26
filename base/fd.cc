#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace recrank {
namespace {

constexpr int kLowestPipeFd = 10;
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC;

UniqueFd move_up(UniqueFd fd) {
  const int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kLowestPipeFd);
  if (moved < 0) throw_errno("cannot duplicate a descriptor", errno);
  return UniqueFd(moved);
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("cannot make a pipe", errno);
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  return Pipe{move_up(std::move(read_end)), move_up(std::move(write_end))};
}

UniqueFd open_for_read(const std::filesystem::path& path) {
  // O_NONBLOCK: a FIFO in the evidence must not block us; it has no effect on regular files.
  UniqueFd fd(::open(path.c_str(), kReadFlags | O_NONBLOCK));
  if (!fd.valid()) throw_errno("cannot open " + path.string(), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno("cannot stat " + path.string(), errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kIo, path.string() + ": not a regular file");
  }
  return fd;
}

UniqueFd open_nameless(const std::filesystem::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.valid()) return fd;
  // Some file systems lack O_TMPFILE: a name that is removed at once serves as well.
  std::string name = (directory / "nameless-XXXXXX").string();
  UniqueFd named(::mkostemp(name.data(), O_CLOEXEC));
  if (!named.valid()) throw_errno("cannot make a temporary file in " + directory.string(), errno);
  ::unlink(name.c_str());
  return named;
}

uint64_t file_size(int fd, std::string_view name) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno("cannot stat " + std::string(name), errno);
  return static_cast<uint64_t>(status.st_size);
}

size_t read_some(int fd, char* data, size_t size, std::string_view name) {
  for (;;) {
    const ssize_t got = ::read(fd, data, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) throw_errno("cannot read " + std::string(name), errno);
  }
}

size_t read_some_at(int fd, char* data, size_t size, uint64_t offset, std::string_view name) {
  for (;;) {
    const ssize_t got = ::pread(fd, data, size, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) throw_errno("cannot read " + std::string(name), errno);
  }
}

void read_exactly_at(int fd, char* data, size_t size, uint64_t offset, std::string_view name) {
  size_t done = 0;
  while (done < size) {
    const size_t got = read_some_at(fd, data + done, size - done, offset + done, name);
    if (got == 0) {
      throw Error(ErrorCode::kInvalidData, std::string(name) + ": ends at byte " +
                                               std::to_string(offset + done) + ", expected " +
                                               std::to_string(size - done) + " more");
    }
    done += got;
  }
}

void write_all(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put >= 0) {
      bytes.remove_prefix(static_cast<size_t>(put));
    } else if (errno != EINTR) {
      throw_errno("cannot write " + std::string(name), errno);
    }
  }
}

std::string read_small_file(const std::filesystem::path& path, size_t limit_bytes) {
  const UniqueFd fd = open_for_read(path);
  const uint64_t size = file_size(fd.get(), path.string());
  if (size > limit_bytes) {
    throw Error(ErrorCode::kInvalidData, path.string() + ": has " + std::to_string(size) +
                                             " bytes, at most " + std::to_string(limit_bytes) +
                                             " are accepted here");
  }
  std::string text(size, '\0');
  read_exactly_at(fd.get(), text.data(), text.size(), 0, path.string());
  return text;
}

void make_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    throw_errno("cannot set O_NONBLOCK", errno);
  }
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace recrank
