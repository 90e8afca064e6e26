// Format: gzip is RFC 1952
#include "snapshot/io/packed_source.h"

#include <algorithm>

#include "base/error.h"

namespace recrank {
namespace {

constexpr size_t kPackedChunkBytes = size_t{256} << 10;
constexpr int kGzipOnly = 15 + 16;  // zlib.h: largest window, gzip head and trailer

}  // namespace

PackedSource::PackedSource(UniqueFd fd, std::string shown)
    : fd_(std::move(fd)), shown_(std::move(shown)), size_(file_size(fd_.get(), shown_)) {
  in_.resize(kPackedChunkBytes);
  std::string magic(2, '\0');
  gzip_ =
      read_some_at(fd_.get(), magic.data(), magic.size(), 0, shown_) == 2 && magic == "\x1f\x8b";
  if (!gzip_) return;
  out_.resize(kPackedChunkBytes);
  if (inflateInit2(&zlib_, kGzipOnly) != Z_OK) {
    throw Error(ErrorCode::kIo, shown_ + ": inflateInit2: out of memory");
  }
}

PackedSource::~PackedSource() {
  if (gzip_) inflateEnd(&zlib_);
}

void PackedSource::fail(const std::string& what) const {
  throw Error(ErrorCode::kInvalidData,
              shown_ + ": byte " + std::to_string(position()) + ": " + what);
}

bool PackedSource::refill() {
  const size_t got = read_some_at(fd_.get(), in_.data(), in_.size(), at_, shown_);
  at_ += got;
  zlib_.next_in = reinterpret_cast<Bytef*>(in_.data());
  zlib_.avail_in = static_cast<uInt>(got);
  return got != 0;
}

// Whether another member follows. Zeroes behind the last one are padding (tapes, block devices).
bool PackedSource::next_member() {
  for (;;) {
    if (zlib_.avail_in == 0 && !refill()) return false;
    if (*zlib_.next_in != 0) break;
    ++zlib_.next_in;
    --zlib_.avail_in;
  }
  if (*zlib_.next_in != 0x1f) fail("bytes behind the end of the gzip stream");
  inflateReset(&zlib_);
  ended_ = false;
  return true;
}

std::string_view PackedSource::inflate_some() {
  zlib_.next_out = reinterpret_cast<Bytef*>(out_.data());
  zlib_.avail_out = static_cast<uInt>(out_.size());
  while (zlib_.avail_out != 0) {
    if (ended_ && !next_member()) break;
    if (zlib_.avail_in == 0 && !refill()) fail("the gzip stream is cut off");
    const int code = inflate(&zlib_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      ended_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      fail(std::string("the gzip stream is damaged") +
           (zlib_.msg != nullptr ? std::string(": ") + zlib_.msg : ""));
    }
  }
  return std::string_view(out_).substr(0, out_.size() - zlib_.avail_out);
}

std::string_view PackedSource::read() {
  if (gzip_) return inflate_some();
  const size_t got = read_some_at(fd_.get(), in_.data(), in_.size(), at_, shown_);
  at_ += got;
  return std::string_view(in_).substr(0, got);
}

}  // namespace recrank
