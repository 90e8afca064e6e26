#include "replay/stellar/two_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

namespace recrank::stellar {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;
// Of a longer line only the beginning is given: no line that says anything is so long.
constexpr size_t kLineBytesMax = size_t{1} << 20;
constexpr size_t kTailBytes = size_t{4} << 10;

}  // namespace

TwoStreams::TwoStreams(int standard_output, int standard_error) {
  output_.fd = standard_output;
  error_.fd = standard_error;
  make_nonblocking(output_.fd);
  make_nonblocking(error_.fd);
}

void TwoStreams::read_some(Stream& stream) {
  if (stream.ended) return;
  stream.buffer.erase(0, stream.begin);
  stream.begin = 0;
  std::array<char, kReadBytes> chunk;
  const ssize_t got = ::read(stream.fd, chunk.data(), chunk.size());
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (got < 0) throw_errno("cannot read what the engine says", errno);
  if (got == 0) stream.ended = true;
  stream.buffer.append(chunk.data(), static_cast<size_t>(got));
}

bool TwoStreams::take_line(Stream& stream, std::string_view& line) {
  for (;;) {
    const size_t end = stream.buffer.find('\n', stream.begin);
    const bool whole = end != std::string::npos;
    const std::string_view rest =
        std::string_view(stream.buffer)
            .substr(stream.begin, whole ? end - stream.begin : std::string::npos);
    const bool too_long = rest.size() > kLineBytesMax;
    if (!whole && !too_long && !(stream.ended && !rest.empty())) return false;
    const bool skipped = stream.skipping;
    stream.skipping = !whole && !stream.ended;
    stream.begin += rest.size() + (whole ? 1 : 0);
    if (skipped) {
      if (stream.begin >= stream.buffer.size() && !whole) return false;
      continue;
    }
    line = rest.substr(0, kLineBytesMax);
    RECRANK_LOG(kTrace, "wire", "heard", {"fd", stream.fd}, {"bytes", line.size()}, {"text", line});
    stream.tail += line.substr(0, kTailBytes);
    stream.tail += '\n';
    if (stream.tail.size() > 2 * kTailBytes) stream.tail.erase(0, stream.tail.size() - kTailBytes);
    return true;
  }
}

TwoStreams::From TwoStreams::next(std::string_view& line) {
  for (;;) {
    read_some(output_);
    if (take_line(output_, line)) return From::kOutput;
    if (take_line(error_, line)) return From::kError;
    read_some(error_);
    if (take_line(error_, line)) return From::kError;
    if (output_.ended && error_.ended) return From::kEnd;
    std::array<pollfd, 2> fds{pollfd{output_.ended ? -1 : output_.fd, POLLIN, 0},
                              pollfd{error_.ended ? -1 : error_.fd, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) throw_errno("poll", errno);
  }
}

bool TwoStreams::next_of(Stream& stream, std::string_view& line) {
  if (take_line(stream, line)) return true;
  read_some(stream);
  return take_line(stream, line);
}

std::string TwoStreams::tail() const {
  const auto last = [](const std::string& tail) {
    return tail.substr(tail.size() - std::min(tail.size(), kTailBytes));
  };
  return last(output_.tail) + last(error_.tail);
}

}  // namespace recrank::stellar
