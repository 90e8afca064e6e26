// Netstrings over a pipe: "<length>:<payload>,", the framing of the xsnap wire in both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace recrank::agoric {

enum class WriteStatus {
  kWritten,
  kClosed,  // nobody reads any more (EPIPE)
};

// Sends the concatenation of `parts` (at most kNetstringPartsMax) as one netstring, with as few
// system calls as the pipe allows and without copying the parts. Blocks while the pipe is full.
// Other failures than a closed pipe are kIo. SIGPIPE must be ignored.
inline constexpr size_t kNetstringPartsMax = 6;
[[nodiscard]] WriteStatus write_netstring(int fd, std::initializer_list<std::string_view> parts);

enum class FrameStatus {
  kFrame,       // payload() holds it
  kEnd,         // end of file between two frames
  kTorn,        // end of file inside a frame
  kBadLength,   // the length is not a plain decimal number
  kOversized,   // the length is a number, but above the limit
  kBadTrailer,  // no ',' behind the payload
};

// Reads netstrings of an untrusted writer. Stricter than xsnap's own reader: no blanks and no
// leading zeros. Does not own `fd`. One thread at a time.
//
// Memory follows the bytes that have arrived, never the announced length: a buffer that is full is
// doubled, so a lying length costs nothing.
class NetstringReader {
 public:
  NetstringReader(int fd, uint64_t frame_bytes_max);

  // Blocks until a frame is complete or cannot become so. After any answer but kFrame the stream
  // has lost its framing and must not be read on. A failing read() is kIo.
  [[nodiscard]] FrameStatus next();

  // After kFrame: the payload, valid until the next call of next().
  [[nodiscard]] std::string_view payload() const { return payload_; }
  // After kTorn, kBadLength, kOversized and kBadTrailer: what was seen, in one line.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // Bytes that were read behind the last frame: 0 while both sides keep to their turns.
  [[nodiscard]] size_t pending_bytes() const { return end_ - begin_ - frame_bytes_; }
  [[nodiscard]] uint64_t total_bytes() const { return total_bytes_; }
  [[nodiscard]] size_t capacity_bytes() const { return capacity_; }

 private:
  bool fill();
  bool judge(FrameStatus& status);
  bool judge_length(std::string_view digits, FrameStatus& status);
  [[nodiscard]] std::string_view buffered() const {
    return {buffer_.get() + begin_, end_ - begin_};
  }

  int fd_;
  uint64_t frame_bytes_max_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  size_t begin_ = 0;        // of the frame that is being read or was read last
  size_t end_ = 0;          // of what has arrived
  size_t frame_bytes_ = 0;  // of the frame that payload_ lies in; 0: none
  uint64_t total_bytes_ = 0;
  std::string_view payload_;
  std::string problem_;
};

}  // namespace recrank::agoric
