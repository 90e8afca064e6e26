// The part of XsnapRun that takes a heap snapshot from the worker.
// Format: docs/formats/xsnap-wire.md
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/agoric/xsnap_run.h"

namespace recrank::agoric {
namespace {

// An engine gives up at 2 GiB of heap; a snapshot of it is about as large.
constexpr uint64_t kHeapBytesMax = 8ULL << 30;
constexpr size_t kChunkBytes = 256 << 10;

constexpr int kNoCopy = -1;

// Digest of what comes through a non-blocking pipe, which also goes to the file `copy` if any.
class HeapSink {
 public:
  HeapSink(int fd, int copy) : fd_(fd), copy_(copy), chunk_(kChunkBytes) {}

  // Takes all that is there now. False when it became more than a heap can be.
  bool drain() {
    for (;;) {
      const ssize_t got = ::read(fd_, chunk_.data(), chunk_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno != EAGAIN) throw_errno("cannot read the heap snapshot", errno);
      if (got <= 0) return true;
      bytes_ += static_cast<uint64_t>(got);
      const std::string_view bytes(chunk_.data(), static_cast<size_t>(got));
      hash_.update(bytes);
      if (copy_ != kNoCopy) write_all(copy_, bytes, "the copy of a heap");
      if (bytes_ > kHeapBytesMax) return false;
    }
  }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::string finish_hex() { return hash_.finish_hex(); }

 private:
  int fd_;
  int copy_;
  std::vector<char> chunk_;
  Sha256 hash_;
  uint64_t bytes_ = 0;
};

}  // namespace

StepOutcome XsnapRun::write_snapshot(std::string& sha256) {
  process_.limit_step(limits_.step_wall_s);
  StepOutcome outcome = take_heap(sha256, kNoCopy);
  process_.lift_step_limit();
  return outcome;
}

StepOutcome XsnapRun::write_checkpoint(int file) {
  process_.limit_step(limits_.step_wall_s);
  std::string sha256;
  StepOutcome outcome = take_heap(sha256, file);
  process_.lift_step_limit();
  return outcome;
}

// The worker writes the heap, which is larger than its pipe, and answers then. It keeps the
// descriptor open, so that the heap has no end of file: its end is what is there when the answer
// has come.
StepOutcome XsnapRun::take_heap(std::string& sha256, int copy) {
  if (reader_.pending_bytes() > 0) return garbled("wrote behind its last answer");
  if (!send({dialect_.snapshot_command})) return ended();
  HeapSink sink(process_.snapshot_fd(), copy);
  std::array<pollfd, 2> ready{pollfd{process_.snapshot_fd(), POLLIN, 0},
                              pollfd{process_.reply_fd(), POLLIN, 0}};
  for (bool answered = false; !answered;) {
    // No timeout: the watchdog ends a worker that is late, and that ends the poll.
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) throw_errno("poll", errno);
    answered = ready[1].revents != 0;
    if (ready[0].revents == POLLHUP) ready[0].fd = -1;  // closed: would wake us for ever
    if (!sink.drain()) {
      over_ = true;
      process_.kill();
      process_.finish(std::chrono::milliseconds(0));
      return StepLimit{
          LimitKind::kFlood, format_bytes(kHeapBytesMax) + " of heap snapshot", "", {}};
    }
  }
  StepOutcome answer = converse(nullptr);
  if (!std::holds_alternative<StepDone>(answer)) return answer;
  if (!sink.drain()) return garbled("a heap snapshot without end");
  answer = judge_heap(std::move(answer), sink.bytes());
  if (std::holds_alternative<StepDone>(answer)) sha256 = sink.finish_hex();
  return answer;
}

StepOutcome XsnapRun::judge_heap(StepOutcome answer, uint64_t bytes) {
  const StepDone& done = std::get<StepDone>(answer);
  if (!done.ok) return garbled("cannot write its heap: " + thrown_);
  if (bytes == 0) return garbled("wrote no heap");
  // The workers of 2021 answer nothing.
  if (dialect_.answers_ready && parse_uint(done.result) != bytes) {
    return garbled("announced a heap of '" + printable(done.result, 40) + "' bytes and wrote " +
                   std::to_string(bytes));
  }
  return answer;
}

}  // namespace recrank::agoric
