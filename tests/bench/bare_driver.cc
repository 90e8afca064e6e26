// bare_driver TAPE WORKER: writes a tape's bytes to a worker and answers blindly. It compares
// nothing, hashes nothing and knows no JSON: the floor under any replay's own cost.
// Prints one JSON object: wall and CPU seconds, its own and the worker's.

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/tape.h"

namespace {

using recrank::bench::kAnswer;
using recrank::bench::kCommand;
using recrank::bench::kSnapshot;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Record {
  char op = 0;
  std::string_view bytes;
};

class Tape {
 public:
  explicit Tape(std::FILE* file) : file_(file) { advance(); }
  [[nodiscard]] bool at_end() const { return end_; }
  [[nodiscard]] const Record& head() const { return head_; }
  void advance() {
    std::array<unsigned char, 5> head{};
    if (std::fread(head.data(), 1, head.size(), file_) != head.size()) {
      end_ = true;
      return;
    }
    const size_t size = head[1] | (static_cast<size_t>(head[2]) << 8) |
                        (static_cast<size_t>(head[3]) << 16) | (static_cast<size_t>(head[4]) << 24);
    buffer_.resize(size);
    if (std::fread(buffer_.data(), 1, size, file_) != size) die("tape");
    head_ = {static_cast<char>(head[0]), {buffer_.data(), size}};
  }

 private:
  std::FILE* file_;
  std::vector<char> buffer_;
  Record head_;
  bool end_ = false;
};

struct Worker {
  pid_t pid = 0;
  int commands = -1;
  int replies = -1;
  int heap = -1;
};

Worker start(const char* program) {
  std::array<int, 2> commands{};
  std::array<int, 2> replies{};
  std::array<int, 2> heap{};
  if (::pipe(commands.data()) != 0 || ::pipe(replies.data()) != 0 || ::pipe(heap.data()) != 0)
    die("pipe");
  ::fcntl(heap[0], F_SETPIPE_SZ, 1 << 20);
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Moved up first, so that no descriptor is laid over one that is still needed.
    const int in = ::fcntl(commands[0], F_DUPFD, 20);
    const int out = ::fcntl(replies[1], F_DUPFD, 20);
    const int snapshot = ::fcntl(heap[1], F_DUPFD, 20);
    ::dup2(in, 3);
    ::dup2(out, 4);
    ::dup2(snapshot, 7);
    // The parent's ends may have any number: a worker that holds one never sees the end of its
    // input.
    for (const auto& [first, last] : {std::pair(5U, 6U), std::pair(8U, ~0U)})
      ::close_range(first, last, 0);
    ::execl(program, program, "bench", nullptr);
    ::_exit(127);
  }
  ::close(commands[0]);
  ::close(replies[1]);
  ::close(heap[1]);
  return {pid, commands[1], replies[0], heap[0]};
}

void put(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0) die("write");
    bytes.remove_prefix(static_cast<size_t>(done));
  }
}

// Reads frames of well-behaved workers only; gives the payload.
class Frames {
 public:
  explicit Frames(int fd) : fd_(fd), buffer_(1 << 20) {}
  std::string_view next() {
    for (;;) {
      const std::string_view have(buffer_.data() + begin_, end_ - begin_);
      const size_t colon = have.find(':');
      if (colon != std::string_view::npos) {
        const size_t length = std::strtoul(std::string(have.substr(0, colon)).c_str(), nullptr, 10);
        if (have.size() >= colon + 2 + length) {
          begin_ += colon + 2 + length;
          return have.substr(colon + 1, length);
        }
      }
      fill();
    }
  }

 private:
  void fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    const ssize_t got = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (got <= 0) die("worker ended");
    end_ += static_cast<size_t>(got);
  }
  int fd_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

void drain_heap(const Worker& worker) {
  std::vector<char> chunk(1 << 18);
  std::array<pollfd, 2> wait{pollfd{worker.heap, POLLIN, 0}, pollfd{worker.replies, POLLIN, 0}};
  for (;;) {
    if (::poll(wait.data(), wait.size(), -1) < 0) die("poll");
    if ((wait[0].revents & POLLIN) != 0) {
      if (::read(worker.heap, chunk.data(), chunk.size()) < 0) die("read heap");
    } else if (wait[1].revents != 0) {
      return;
    }
  }
}

void play(Tape& tape, const Worker& worker) {
  Frames frames(worker.replies);
  while (!tape.at_end()) {
    const char op = tape.head().op;
    put(worker.commands, tape.head().bytes);
    tape.advance();
    if (op == kSnapshot) drain_heap(worker);
    for (;;) {
      const std::string_view frame = frames.next();
      if (frame.front() == '.') break;
      if (frame.front() == '!') die("the worker threw");
      if (frame.compare(0, 4, "?[\"s") == 0 && frame.compare(0, 5, "?[\"so") != 0) {
        if (tape.at_end() || tape.head().op != kAnswer) die("another call than on the tape");
        put(worker.commands, tape.head().bytes);
        tape.advance();
      } else {
        put(worker.commands, "7:/[\"ok\"],");
      }
    }
  }
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bare_driver TAPE WORKER\n");
    return 129;
  }
  std::FILE* file = std::fopen(argv[1], "rb");
  if (file == nullptr) die(argv[1]);
  const auto begin = std::chrono::steady_clock::now();
  Tape tape(file);
  const Worker worker = start(argv[2]);
  play(tape, worker);
  ::close(worker.commands);
  ::waitpid(worker.pid, nullptr, 0);
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("{\"wall_s\":%.4f,\"own_cpu_s\":%.4f,\"worker_cpu_s\":%.4f}\n", wall,
              cpu(RUSAGE_SELF), cpu(RUSAGE_CHILDREN));
  return 0;
}
