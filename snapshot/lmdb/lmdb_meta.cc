// Format: docs/formats/kerneldb-lmdb-2021.md (LMDB pages)
#include "snapshot/lmdb/lmdb_meta.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/little_endian.h"

namespace recrank {
namespace {

constexpr uint32_t kDataVersion = 1;
constexpr uint16_t kMetaFlag = 0x08;
constexpr uint32_t kPageSizeMin = 512;
constexpr uint32_t kPageSizeMax = 32768;  // offsets inside a page are 16 bits
// No map of ours may become larger (16 TiB): the product of page number and size must not wrap.
constexpr uint64_t kFileBytesMax = uint64_t{1} << 44;
constexpr int kReadingsMax = 100;

bool is_page_size(uint32_t size) {
  return size >= kPageSizeMin && size <= kPageSizeMax && (size & (size - 1)) == 0;
}

std::string read_up_to(int fd, size_t size, uint64_t offset, std::string_view shown) {
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const size_t got = read_some_at(fd, bytes.data() + done, size - done, offset + done, shown);
    if (got == 0) break;
    done += got;
  }
  bytes.resize(done);
  return bytes;
}

std::optional<LmdbMeta> decode_meta(std::string bytes) {
  if (bytes.size() != kLmdbMetaBytes) return std::nullopt;
  if ((read_u16(bytes, 10) & kMetaFlag) == 0) return std::nullopt;
  if (read_u32(bytes, kLmdbMagicOffset) != kLmdbMagic) return std::nullopt;
  if (read_u32(bytes, 20) != kDataVersion) return std::nullopt;
  LmdbMeta meta;
  meta.page_size = read_u32(bytes, 40);  // md_pad of the free-list tree
  if (!is_page_size(meta.page_size)) return std::nullopt;
  meta.main = decode_lmdb_tree(std::string_view(bytes).substr(88, kLmdbTreeBytes));
  meta.last_page = read_u64(bytes, 136);
  meta.txnid = read_u64(bytes, 144);
  if (meta.last_page < 1 || meta.last_page >= kFileBytesMax / meta.page_size) return std::nullopt;
  meta.bytes = std::move(bytes);
  return meta;
}

// Meta page 1 lies at the page size, which page 0 holds; without page 0 every size is tried.
std::optional<LmdbMeta> read_second(int fd, const std::optional<LmdbMeta>& first,
                                    std::string_view shown) {
  for (uint32_t size = kPageSizeMin; size <= kPageSizeMax; size *= 2) {
    if (first && first->page_size != size) continue;
    auto meta = decode_meta(read_up_to(fd, kLmdbMetaBytes, size, shown));
    if (meta && meta->page_size == size) return meta;
  }
  return std::nullopt;
}

struct Reading {
  std::optional<LmdbMeta> first;
  std::optional<LmdbMeta> second;

  [[nodiscard]] std::string bytes() const {
    return (first ? first->bytes : "-") + (second ? second->bytes : "-");
  }
};

Reading read_both(int fd, std::string_view shown) {
  Reading reading;
  reading.first = decode_meta(read_up_to(fd, kLmdbMetaBytes, 0, shown));
  reading.second = read_second(fd, reading.first, shown);
  return reading;
}

}  // namespace

LmdbTree decode_lmdb_tree(std::string_view bytes) {
  LmdbTree tree;
  tree.flags = read_u16(bytes, 4);
  tree.depth = read_u16(bytes, 6);
  tree.entries = read_u64(bytes, 32);
  tree.root = read_u64(bytes, 40);
  return tree;
}

LmdbMetas read_lmdb_metas(int fd, std::string_view shown) {
  Reading reading = read_both(fd, shown);
  for (int i = 0; i < kReadingsMax; ++i) {
    Reading again = read_both(fd, shown);
    const bool stable = again.bytes() == reading.bytes();
    reading = std::move(again);
    if (stable) break;
  }
  if (!reading.first && !reading.second) {
    throw Error(ErrorCode::kInvalidData,
                std::string(shown) +
                    ": not a readable LMDB database: both meta pages (0 and 1) are "
                    "missing or damaged");
  }
  LmdbMetas metas;
  // On equal numbers liblmdb takes page 0.
  const bool second_wins =
      !reading.first || (reading.second && reading.second->txnid > reading.first->txnid);
  metas.place = second_wins ? 1 : 0;
  if (!reading.first) metas.damaged = 0;
  if (!reading.second) metas.damaged = 1;
  metas.newest = std::move(second_wins ? *reading.second : *reading.first);
  return metas;
}

bool looks_like_lmdb(std::string_view head) {
  const auto has_meta = [&](size_t page) {
    return head.size() >= page + kLmdbMetaBytes &&
           read_u32(head, page + kLmdbMagicOffset) == kLmdbMagic;
  };
  if (has_meta(0)) return true;
  for (size_t page = kPageSizeMin; page <= kPageSizeMax; page *= 2) {
    if (has_meta(page)) return true;
  }
  return false;
}

}  // namespace recrank
