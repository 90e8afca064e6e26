// Format: docs/formats/xsnap-wire.md
#include "replay/agoric/netstring.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

namespace recrank::agoric {
namespace {

// Large enough that one read() takes in almost any answer.
constexpr size_t kFirstBufferBytes = 64 << 10;
// The xsnap side reads lengths with "%9lu": no frame of either side can be longer than this.
constexpr size_t kLengthDigitsMax = 9;
constexpr size_t kShownFrameBytes = 40;

std::string shown_frame(std::string_view bytes) {
  return "'" + printable(bytes, kShownFrameBytes) + "'";
}

// The beginning of a frame, for the log.
std::string head_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part.substr(0, kLogTextBytesMax);
  return text;
}

}  // namespace

WriteStatus write_netstring(int fd, std::initializer_list<std::string_view> parts) {
  RECRANK_CHECK(parts.size() <= kNetstringPartsMax);
  size_t length = 0;
  for (const std::string_view part : parts) length += part.size();
  RECRANK_LOG(kTrace, "wire", "sent", {"fd", fd}, {"bytes", length}, {"text", head_of(parts)});
  std::array<char, 24> head;
  const auto head_end = std::to_chars(head.data(), head.data() + head.size() - 1, length).ptr;
  *head_end = ':';
  std::array<iovec, kNetstringPartsMax + 2> pieces;
  size_t count = 0;
  const auto add = [&](const char* data, size_t size) {
    // writev() does not write through the pointer; iovec merely lacks a const.
    if (size > 0) pieces[count++] = iovec{const_cast<char*>(data), size};
  };
  add(head.data(), static_cast<size_t>(head_end - head.data()) + 1);
  for (const std::string_view part : parts) add(part.data(), part.size());
  add(",", 1);

  iovec* piece = pieces.data();
  iovec* const last = pieces.data() + count;
  while (piece != last) {
    const ssize_t put = ::writev(fd, piece, static_cast<int>(last - piece));
    if (put < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) return WriteStatus::kClosed;
      throw_errno("cannot write to the engine", errno);
    }
    size_t rest = static_cast<size_t>(put);
    while (piece != last && rest >= piece->iov_len) rest -= (piece++)->iov_len;
    if (piece != last) {
      piece->iov_base = static_cast<char*>(piece->iov_base) + rest;
      piece->iov_len -= rest;
    }
  }
  return WriteStatus::kWritten;
}

NetstringReader::NetstringReader(int fd, uint64_t frame_bytes_max)
    : fd_(fd),
      frame_bytes_max_(frame_bytes_max),
      buffer_(std::make_unique_for_overwrite<char[]>(kFirstBufferBytes)),
      capacity_(kFirstBufferBytes) {}

FrameStatus NetstringReader::next() {
  begin_ += frame_bytes_;
  frame_bytes_ = 0;
  payload_ = {};
  FrameStatus status = FrameStatus::kFrame;
  while (!judge(status)) {
    if (fill()) continue;
    RECRANK_LOG(kDebug, "wire", "ended", {"fd", fd_}, {"torn_bytes", end_ - begin_});
    if (begin_ == end_) return FrameStatus::kEnd;
    problem_ = "a frame that breaks off after " + std::to_string(end_ - begin_) +
               " bytes: " + shown_frame(buffered());
    return FrameStatus::kTorn;
  }
  RECRANK_LOG(kTrace, "wire", "heard", {"fd", fd_}, {"bytes", payload_.size()}, {"text", payload_});
  return status;
}

// Makes room and reads once. False at the end of the file.
bool NetstringReader::fill() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == capacity_ && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_) {
    auto larger = std::make_unique_for_overwrite<char[]>(2 * capacity_);
    std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ *= 2;
  }
  const size_t got = read_some(fd_, buffer_.get() + end_, capacity_ - end_, "the engine's answer");
  end_ += got;
  total_bytes_ += got;
  return got > 0;
}

// True when what has arrived decides about the frame.
bool NetstringReader::judge(FrameStatus& status) {
  const std::string_view seen = buffered();
  const size_t colon = seen.substr(0, kLengthDigitsMax + 1).find(':');
  const std::string_view digits = seen.substr(0, std::min(colon, kLengthDigitsMax + 1));
  if (judge_length(digits, status)) return true;
  if (colon == std::string_view::npos) return false;
  if (digits.empty()) {
    problem_ = "a frame without a length: " + shown_frame(seen);
    status = FrameStatus::kBadLength;
    return true;
  }
  uint64_t length = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (length > frame_bytes_max_) {
    problem_ = "a frame of " + std::to_string(length) + " bytes was announced; the limit is " +
               std::to_string(frame_bytes_max_);
    status = FrameStatus::kOversized;
    return true;
  }
  const size_t total = colon + 1 + static_cast<size_t>(length) + 1;
  if (seen.size() < total) return false;
  if (seen[total - 1] != ',') {
    problem_ = "a frame of " + std::to_string(length) + " bytes ends in " +
               shown_frame(seen.substr(total - 1, 1)) + " where ',' must be";
    status = FrameStatus::kBadTrailer;
    return true;
  }
  payload_ = seen.substr(colon + 1, static_cast<size_t>(length));
  frame_bytes_ = total;
  status = FrameStatus::kFrame;
  return true;
}

// True when `digits`, what there is before the ':', cannot be or become a length.
bool NetstringReader::judge_length(std::string_view digits, FrameStatus& status) {
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) {
    const std::string_view seen = buffered();
    problem_ = "frame length " +
               shown_frame(seen.substr(0, std::min(seen.find(':'), kShownFrameBytes))) +
               " is not a number";
    status = FrameStatus::kBadLength;
    return true;
  }
  if (digits.size() > 1 && digits.front() == '0') {
    problem_ = "frame length " + shown_frame(digits) + " has a leading zero";
    status = FrameStatus::kBadLength;
    return true;
  }
  if (digits.size() > kLengthDigitsMax) {
    problem_ = "frame length " + shown_frame(digits) + "… has more than " +
               std::to_string(kLengthDigitsMax) + " digits";
    status = FrameStatus::kOversized;
    return true;
  }
  return false;
}

}  // namespace recrank::agoric
