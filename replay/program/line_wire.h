// One line out, one line back: the conversation with a program on its stdin and stdout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recrank::program {

enum class LineStatus {
  kLine,       // line() holds it
  kEnd,        // end of file before an answer began
  kTorn,       // end of file inside an answer
  kOversized,  // no line end within the limit
};

// Owns neither descriptor; makes both non-blocking. One thread at a time. SIGPIPE must be ignored.
//
// It reads while it writes: a program that answers before it has read all of a long event, and
// blocks on its own full pipe, would otherwise wait for us while we wait for it.
//
// Memory follows the bytes that have arrived, up to twice the limit.
class LineWire {
 public:
  LineWire(int commands, int replies, uint64_t line_bytes_max);

  // Sends `event` and a line end, and waits for a line. A program that has closed its stdin is
  // heard out: it may have answered. After any status but kLine it must not be called again. A
  // failing read() or write() is kIo.
  [[nodiscard]] LineStatus exchange(std::string_view event);

  // After kLine: the answer without its line end, valid until the next exchange.
  [[nodiscard]] std::string_view line() const { return {buffer_.data() + begin_, line_bytes_}; }
  // After kTorn: what there is of it.
  [[nodiscard]] std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }
  // Bytes that have come behind the last answer by now: 0 while both sides keep to their turns.
  // What comes later is taken for the next answer.
  [[nodiscard]] size_t pending_bytes();

 private:
  enum class Moved { kSome, kNothing, kEnd };

  Moved write_some();
  Moved read_some();
  void wait(bool to_write) const;
  bool find_line();

  int commands_;
  int replies_;
  uint64_t line_bytes_max_;
  std::string_view unsent_;  // of the event
  bool end_unsent_ = false;  // its line end
  std::string buffer_;
  size_t begin_ = 0;  // of the line in buffer_
  size_t line_bytes_ = 0;
  size_t next_ = 0;      // behind the line's end
  size_t searched_ = 0;  // no line end before this
};

}  // namespace recrank::program
