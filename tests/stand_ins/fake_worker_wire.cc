#include "tests/stand_ins/fake_worker_wire.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace fake_worker {
namespace {

constexpr int kCommandFd = 3;
constexpr int kReplyFd = 4;
constexpr int kIoError = 2;

// False at the end of the file.
bool read_exactly(char* data, size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(kCommandFd, data, size);
    if (got == 0) return false;
    if (got < 0 && errno != EINTR) std::exit(kIoError);
    if (got > 0) {
      data += got;
      size -= static_cast<size_t>(got);
    }
  }
  return true;
}

}  // namespace

void Wire::write_raw(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = ::write(kReplyFd, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) std::exit(kIoError);
    if (put > 0) bytes.remove_prefix(static_cast<size_t>(put));
  }
}

void Wire::write_frame(std::string_view payload) const {
  write_raw(std::to_string(payload.size()) + ":" + std::string(payload) + ",");
}

std::optional<std::string> Wire::read_frame() const {
  size_t length = 0;
  char c = 0;
  for (;;) {
    if (!read_exactly(&c, 1)) return std::nullopt;
    if (c == ':') break;
    if (c < '0' || c > '9') {
      std::fprintf(stderr, "Cannot read netstring, reading length prefix\n");
      std::exit(kIoError);
    }
    length = 10 * length + static_cast<size_t>(c - '0');
  }
  std::string payload(length, '\0');
  if (!read_exactly(payload.data(), length) || !read_exactly(&c, 1)) return std::nullopt;
  if (c != ',') std::exit(kIoError);
  return payload;
}

void Wire::write_answer(uint64_t computrons, std::string_view result) const {
  const std::string compute = "\"compute\":" + std::to_string(computrons);
  std::string answer = modern_ ? ".{\"currentHeapCount\":3901," + compute +
                                     ",\"allocate\":42074144,\"timestamps\":[1.5,1.6]}\x01"
                               : ".{" + compute + ",\"allocate\":42074144}\x01";
  answer += result;
  write_frame(answer);
}

std::string Wire::call(std::string_view payload) const {
  write_frame("?" + std::string(payload));
  std::optional<std::string> answer = read_frame();
  if (!answer) {
    std::fprintf(stderr, "Got EOF on netstring read. Has parent died?\n");
    std::exit(kIoError);
  }
  if (!modern_) return *answer;
  if (!answer->starts_with('/')) {
    std::fprintf(stderr, "Received unexpected command reply.\n");
    std::exit(kIoError);
  }
  return answer->substr(1);
}

}  // namespace fake_worker
