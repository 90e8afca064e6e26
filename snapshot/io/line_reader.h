// The lines of a text file, with the place of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace recrank {

// Longest line that is read. A slog holds whole vat bundles (megabytes) in one line each; a run of
// zero bytes that a power failure left behind can be as long as the file.
inline constexpr size_t kLineBytesMax = size_t{256} << 20;

// Where a line begins.
struct LinePlace {
  uint64_t offset = 0;  // bytes from the start of the file
  uint64_t line = 1;    // counted from 1
};

// "chain.slog:17"
[[nodiscard]] std::string to_string(std::string_view file, LinePlace place);

struct Line {
  std::string_view text;  // without its '\n'
  LinePlace place;
  bool ended = true;      // false: the file ends before a '\n'
  bool overlong = false;  // longer than kLineBytesMax: `text` is only its beginning
};

// Reads with pread, so that several readers can share one descriptor, which it does not own. Looks
// at nothing behind `end`, because a live process may still append. Keeps one buffer that grows to
// the longest line met. Reads little at first and after a seek, since the caller may soon seek
// again, and more as it goes on. Throws kIo. One thread at a time.
class LineReader {
 public:
  struct Source {
    int fd = -1;
    std::string name;                      // for the error text
    uint64_t end = 0;                      // bytes of the file to look at
    size_t chunk_bytes = size_t{1} << 20;  // at most in one read
    size_t line_bytes_max = kLineBytesMax;
  };

  explicit LineReader(Source source);

  // The next line; false at the end. `line.text` dies with the next call.
  [[nodiscard]] bool next(Line& line);
  // Continues at a place where a line, or a record inside a line, begins.
  void seek(LinePlace place);
  // Where next() continues.
  [[nodiscard]] LinePlace place() const { return place_; }

 private:
  void expect_little();
  bool fill();
  void skip_rest_of_line();

  Source source_;
  std::string buffer_;
  size_t begin_ = 0;       // first unread byte in buffer_
  size_t filled_ = 0;      // end of the bytes in buffer_
  uint64_t read_at_ = 0;   // file offset of buffer_[filled_]
  size_t next_chunk_ = 0;  // bytes of the next read
  LinePlace place_;
  bool in_overlong_ = false;
};

}  // namespace recrank
