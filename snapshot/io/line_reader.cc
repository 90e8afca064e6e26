#include "snapshot/io/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/fd.h"

namespace recrank {
namespace {

// As much as most deliveries of a slog take.
constexpr size_t kFirstChunkBytes = size_t{8} << 10;

}  // namespace

std::string to_string(std::string_view file, LinePlace place) {
  return std::string(file) + ":" + std::to_string(place.line);
}

LineReader::LineReader(Source source) : source_(std::move(source)) { expect_little(); }

void LineReader::expect_little() { next_chunk_ = std::min(kFirstChunkBytes, source_.chunk_bytes); }

void LineReader::seek(LinePlace place) {
  const uint64_t buffered_from = read_at_ - (filled_ - begin_);
  if (!in_overlong_ && place.offset >= buffered_from && place.offset <= read_at_) {
    begin_ += static_cast<size_t>(place.offset - buffered_from);
  } else {
    begin_ = filled_ = 0;
    read_at_ = place.offset;
    expect_little();
  }
  in_overlong_ = false;
  place_ = place;
}

// Reads one more chunk behind the bytes that are there; false at the end of the file.
bool LineReader::fill() {
  if (read_at_ >= source_.end) return false;
  const auto chunk = static_cast<size_t>(std::min<uint64_t>(next_chunk_, source_.end - read_at_));
  next_chunk_ = std::min(2 * next_chunk_, source_.chunk_bytes);
  if (begin_ > 0 && filled_ + chunk > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
    filled_ -= begin_;
    begin_ = 0;
  }
  if (filled_ + chunk > buffer_.size()) {
    buffer_.resize(std::max(filled_ + chunk, filled_ * 2));
  }
  const size_t got =
      read_some_at(source_.fd, buffer_.data() + filled_, chunk, read_at_, source_.name);
  if (got == 0) source_.end = read_at_;  // cut short while we read: what is left is all there is
  filled_ += got;
  read_at_ += got;
  return got > 0;
}

void LineReader::skip_rest_of_line() {
  in_overlong_ = false;
  for (;;) {
    const void* newline = std::memchr(buffer_.data() + begin_, '\n', filled_ - begin_);
    if (newline != nullptr) {
      begin_ = static_cast<size_t>(static_cast<const char*>(newline) - buffer_.data()) + 1;
      break;
    }
    begin_ = filled_;
    if (!fill()) break;
  }
  place_.offset = read_at_ - (filled_ - begin_);
  ++place_.line;
}

bool LineReader::next(Line& line) {
  if (in_overlong_) skip_rest_of_line();
  size_t searched = 0;
  for (;;) {
    const char* start = buffer_.data() + begin_;
    const size_t available = filled_ - begin_;
    const void* newline =
        available == searched ? nullptr : std::memchr(start + searched, '\n', available - searched);
    const size_t length = newline != nullptr
                              ? static_cast<size_t>(static_cast<const char*>(newline) - start)
                              : available;
    line.overlong = length > source_.line_bytes_max;
    if (newline == nullptr && !line.overlong) {
      searched = available;
      if (fill()) continue;
      if (available == 0) return false;
    }
    line.text = std::string_view(buffer_.data() + begin_, length);
    line.place = place_;
    line.ended = newline != nullptr;
    in_overlong_ = newline == nullptr && line.overlong;
    begin_ += length + (line.ended ? 1 : 0);
    if (!in_overlong_) {
      place_.offset += length + (line.ended ? 1 : 0);
      ++place_.line;
    }
    return true;
  }
}

}  // namespace recrank
