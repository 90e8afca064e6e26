// The two meta pages of an LMDB file, read without liblmdb.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recrank {

inline constexpr uint32_t kLmdbMagic = 0xBEEFC0DE;  // at byte 16 of either meta page
inline constexpr size_t kLmdbMagicOffset = 16;
inline constexpr size_t kLmdbMetaBytes = 152;  // page header and meta record
inline constexpr size_t kPageHeadBytes = 16;
inline constexpr size_t kNodeHeadBytes = 8;
// Flags of a page and of a node in it.
inline constexpr uint16_t kPageBranch = 0x01;
inline constexpr uint16_t kPageLeaf = 0x02;
inline constexpr uint16_t kPageOverflow = 0x04;
inline constexpr uint16_t kNodeBig = 0x01;  // the value lies in an overflow run
inline constexpr uint64_t kLmdbNoPage = ~uint64_t{0};

// The root of one B+tree: the 48-byte record MDB_db.
struct LmdbTree {
  uint16_t flags = 0;
  uint16_t depth = 0;
  uint64_t entries = 0;
  uint64_t root = kLmdbNoPage;
};
inline constexpr size_t kLmdbTreeBytes = 48;
[[nodiscard]] LmdbTree decode_lmdb_tree(std::string_view bytes);

struct LmdbMeta {
  uint32_t page_size = 0;
  uint64_t txnid = 0;
  uint64_t last_page = 0;  // every page that belongs to this transaction is at most this one
  LmdbTree main;
  std::string bytes;  // the page header and the record as they stand in the file
};

struct LmdbMetas {
  LmdbMeta newest;
  uint64_t place = 0;  // 0 or 1: the meta page that `newest` was read from
  // The page whose meta is unreadable, while the other one is good: a commit that was torn.
  std::optional<uint64_t> damaged;
};

// Reads both meta pages until two readings agree, so that a commit of a live writer is seen whole.
// The one with the higher transaction number wins. `shown` names the file in errors.
// Throws kInvalidData when neither is good.
[[nodiscard]] LmdbMetas read_lmdb_metas(int fd, std::string_view shown);

// Whether a file that begins so is one; either meta page will do, since page 0 may be the damaged
// one.
[[nodiscard]] bool looks_like_lmdb(std::string_view head);
// So many bytes are enough for that: the second meta page of the largest size of pages.
inline constexpr size_t kLmdbHeadBytes = 32768 + kLmdbMetaBytes;

}  // namespace recrank
