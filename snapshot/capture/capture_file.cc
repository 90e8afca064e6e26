#include "snapshot/capture/capture_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/io/sparse_writer.h"

namespace recrank {
namespace {

// A run of zeroes shorter than this is not worth a hole, and the map of holes must stay short.
constexpr size_t kHoleBytes = size_t{64} << 10;
constexpr size_t kRangesMax = 10'000;
constexpr size_t kChunkBytes = size_t{1} << 20;

// Adds the piece of a file at `offset`, which begins at a multiple of kHoleBytes.
void add_data(CaptureFile& file, std::string_view piece, uint64_t offset) {
  for (; !piece.empty();) {
    const std::string_view block = piece.substr(0, kHoleBytes);
    piece.remove_prefix(block.size());
    const ByteRange range{offset, offset + block.size()};
    offset = range.end;
    if (block.size() == kHoleBytes && is_zero(block)) continue;
    const bool goes_on = !file.data.empty() && file.data.back().end == range.begin;
    if (goes_on) file.data.back().end = range.end;
    else file.data.push_back(range);
  }
}

}  // namespace

std::string measure(CaptureFile& file, int fd, size_t head_bytes, const Interrupt& interrupt) {
  file.bytes = file_size(fd, file.path);  // what is appended from here on is left alone
  std::string head;
  Sha256 hash;
  std::string chunk(std::min<uint64_t>(kChunkBytes, file.bytes), '\0');
  for (uint64_t at = 0; at < file.bytes;) {
    if (interrupt.requested()) throw Error(ErrorCode::kIo, "interrupted: nothing was captured");
    const auto want = static_cast<size_t>(std::min<uint64_t>(chunk.size(), file.bytes - at));
    read_exactly_at(fd, chunk.data(), want, at, file.path);
    const std::string_view piece = std::string_view(chunk).substr(0, want);
    if (at < head_bytes) head += piece.substr(0, head_bytes - at);
    hash.update(piece);
    add_data(file, piece, at);
    at += want;
  }
  if (file.data.size() > kRangesMax) file.data = {{0, file.bytes}};
  file.sha256 = hash.finish_hex();
  return head;
}

UniqueFd open_captured(const Beneath& directory, const CaptureFile& file) {
  if (!file.copy.empty()) return open_for_read(file.copy);
  std::optional<UniqueFd> fd = directory.open_file(file.path);
  if (fd) return std::move(*fd);
  throw Error(ErrorCode::kIo, printable(file.path, 300) +
                                  ": became a symbolic link while it was read; stop the node and "
                                  "capture again");
}

}  // namespace recrank
