// ISA-L rather than zlib: checking the heap snapshots of a store is most of what a replay costs
// beside its engine, and this one unpacks them in a fraction of the time (docs/performance.md).
#include "snapshot/io/inflate.h"

#include <isa-l/igzip_lib.h>

#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace recrank {
namespace {

constexpr size_t kInBytes = 1 << 16;
constexpr size_t kOutBytes = 1 << 18;

std::string_view describe(int result) {
  switch (result) {
    case ISAL_INVALID_BLOCK: return "invalid block";
    case ISAL_INVALID_SYMBOL: return "invalid code";
    case ISAL_INVALID_LOOKBACK: return "invalid distance";
    case ISAL_INVALID_WRAPPER: return "not a gzip header";
    case ISAL_UNSUPPORTED_METHOD: return "unknown compression method";
    case ISAL_INCORRECT_CHECKSUM: return "incorrect checksum";
    default: return "bad data";
  }
}

// How far the library has read into the stream but not used: what follows is not the stream's.
size_t left_over(const inflate_state& state) {
  return state.avail_in +
         static_cast<size_t>(state.read_in_length > 0 ? state.read_in_length / 8 : 0);
}

}  // namespace

void inflate_gzip(const ByteSource& source, const ByteSink& sink, uint64_t limit_bytes,
                  const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kInvalidData, name + ": " + what);
  };
  const auto state = std::make_unique<inflate_state>();  // 80 kB: its window lies inside
  isal_inflate_init(state.get());
  state->crc_flag = ISAL_GZIP;
  std::vector<uint8_t> in(kInBytes);
  std::vector<uint8_t> out(kOutBytes);
  const auto refill = [&] {
    const size_t got = source(reinterpret_cast<char*>(in.data()), in.size());
    state->next_in = in.data();
    state->avail_in = static_cast<uint32_t>(got);
    return got > 0;
  };
  uint64_t total = 0;
  while (state->block_state != ISAL_BLOCK_FINISH) {
    state->next_out = out.data();
    state->avail_out = static_cast<uint32_t>(out.size());
    const bool more_input = state->avail_in > 0 || refill();
    const int result = isal_inflate(state.get());
    if (result < 0) fail("inflate: " + std::string(describe(result)));
    const size_t made = out.size() - state->avail_out;
    total += made;
    if (total > limit_bytes) {
      fail("unpacks to more than the recorded " + std::to_string(limit_bytes) + " bytes");
    }
    if (made > 0) sink({reinterpret_cast<const char*>(out.data()), made});
    const bool ended = state->block_state == ISAL_BLOCK_FINISH;
    if (!ended && !more_input && made == 0) fail("the compressed data end early");
  }
  if (left_over(*state) != 0 || refill()) fail("bytes behind the compressed data");
}

}  // namespace recrank
