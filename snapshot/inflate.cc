#include "snapshot/inflate.h"

#include <zlib.h>

#include <vector>

#include "base/error.h"

namespace recrank {
namespace {

constexpr size_t kChunkBytes = 1 << 16;
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib.h, inflateInit2

struct InflateStream {
  InflateStream() {
    if (inflateInit2(&z, kGzipOnly) != Z_OK) {
      throw Error(ErrorCode::kIo, "inflateInit2 failed: out of memory");
    }
  }
  ~InflateStream() { inflateEnd(&z); }
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;

  z_stream z{};
};

}  // namespace

void inflate_gzip(const ByteSource& source, const ByteSink& sink, uint64_t limit_bytes,
                  const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kInvalidData, name + ": " + what);
  };
  InflateStream stream;
  std::vector<char> in(kChunkBytes);
  std::vector<char> out(kChunkBytes);
  uint64_t total = 0;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (stream.z.avail_in == 0) {
      const size_t got = source(in.data(), in.size());
      if (got == 0) fail("the compressed data end early");
      stream.z.next_in = reinterpret_cast<Bytef*>(in.data());
      stream.z.avail_in = static_cast<uInt>(got);
    }
    stream.z.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.z.avail_out = static_cast<uInt>(out.size());
    result = inflate(&stream.z, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      fail(std::string("inflate: ") + (stream.z.msg != nullptr ? stream.z.msg : "bad data"));
    }
    const size_t made = out.size() - stream.z.avail_out;
    total += made;
    if (total > limit_bytes) {
      fail("unpacks to more than the recorded " + std::to_string(limit_bytes) + " bytes");
    }
    if (made > 0) sink({out.data(), made});
  }
  if (stream.z.avail_in != 0 || source(in.data(), 1) != 0) fail("bytes behind the compressed data");
}

}  // namespace recrank
