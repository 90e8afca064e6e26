// Format: docs/formats/journal.md, "As a replay uses it"
#include "replay/program/line_wire.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

namespace recrank::program {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr char kLineEnd = '\n';

}  // namespace

LineWire::LineWire(int commands, int replies, uint64_t line_bytes_max)
    : commands_(commands), replies_(replies), line_bytes_max_(line_bytes_max) {
  make_nonblocking(commands_);
  make_nonblocking(replies_);
}

size_t LineWire::pending_bytes() {
  if (buffer_.size() == next_) static_cast<void>(read_some());
  return buffer_.size() - next_;
}

LineStatus LineWire::exchange(std::string_view event) {
  RECRANK_CHECK(buffer_.size() == next_);
  buffer_.clear();
  begin_ = line_bytes_ = next_ = searched_ = 0;
  unsent_ = event;
  RECRANK_LOG(kTrace, "wire", "sent", {"fd", commands_}, {"bytes", event.size()}, {"text", event});
  end_unsent_ = true;
  bool writing = true;
  for (;;) {
    if (writing) writing = write_some() != Moved::kEnd && (!unsent_.empty() || end_unsent_);
    const Moved moved = read_some();
    const bool answered = find_line();
    // An answer that comes before all of the event was taken is one all the same, but the rest of
    // the event still has to go out, as long as there is anybody to take it.
    if (answered && (!writing || moved == Moved::kEnd)) {
      RECRANK_LOG(kTrace, "wire", "heard", {"fd", replies_}, {"bytes", line().size()},
                  {"text", line()});
      return LineStatus::kLine;
    }
    if (moved == Moved::kEnd) return buffer_.empty() ? LineStatus::kEnd : LineStatus::kTorn;
    const size_t unjudged = buffer_.size() - next_;
    if (unjudged > line_bytes_max_) return LineStatus::kOversized;
    if (moved == Moved::kNothing) wait(writing);
  }
}

// kEnd: nobody reads any more.
LineWire::Moved LineWire::write_some() {
  bool moved = false;
  while (!unsent_.empty() || end_unsent_) {
    const std::string_view piece = unsent_.empty() ? std::string_view(&kLineEnd, 1) : unsent_;
    const ssize_t put = ::write(commands_, piece.data(), piece.size());
    if (put < 0 && errno == EPIPE) return Moved::kEnd;
    if (put < 0 && would_block(errno)) break;
    if (put < 0) throw_errno("cannot write to the engine", errno);
    moved = true;
    if (unsent_.empty()) end_unsent_ = false;
    else unsent_.remove_prefix(static_cast<size_t>(put));
  }
  return moved ? Moved::kSome : Moved::kNothing;
}

LineWire::Moved LineWire::read_some() {
  std::array<char, kReadBytes> chunk;
  const ssize_t got = ::read(replies_, chunk.data(), chunk.size());
  if (got < 0 && would_block(errno)) return Moved::kNothing;
  if (got < 0) throw_errno("cannot read the engine's answer", errno);
  if (got == 0) return Moved::kEnd;
  buffer_.append(chunk.data(), static_cast<size_t>(got));
  return Moved::kSome;
}

void LineWire::wait(bool to_write) const {
  std::array<pollfd, 2> fds{pollfd{replies_, POLLIN, 0}, pollfd{commands_, POLLOUT, 0}};
  if (::poll(fds.data(), to_write ? 2 : 1, -1) < 0 && errno != EINTR) throw_errno("poll", errno);
}

// True once the first line has ended.
bool LineWire::find_line() {
  if (next_ > 0) return true;
  const size_t end = buffer_.find(kLineEnd, searched_);
  searched_ = buffer_.size();
  if (end == std::string::npos) {
    next_ = 0;
    return false;
  }
  line_bytes_ = end;
  next_ = end + 1;
  return true;
}

}  // namespace recrank::program
