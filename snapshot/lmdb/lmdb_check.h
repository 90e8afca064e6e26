// Proof, before liblmdb maps a file, that its trees cannot lead liblmdb astray.
//
// liblmdb trusts the pages that it maps: a damaged page number or a truncated file ends it with
// SIGSEGV, SIGBUS, an assertion or an endless loop. So evidence is walked here first, with pread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/lmdb/lmdb_meta.h"

namespace recrank {

struct LmdbShape {
  LmdbMetas metas;
  std::vector<std::string> names;  // of the named databases, in key order
  uint64_t pages_read = 0;
};

// Walks the main tree and every named tree of the newest transaction: page numbers, flags, offsets,
// overflow runs, depths, key order, number of entries; no page belongs to two places. Reads branch
// and leaf pages and the heads of overflow runs; values are not looked at. A file shorter than its
// last page is damaged only if a page in use is missing.
// Throws kInvalidData "<shown>: page N (byte M): …", kUnsupported for trees with another key order.
[[nodiscard]] LmdbShape check_lmdb(int fd, std::string_view shown);

// The first key of the main tree, without looking at anything else; empty where there is none.
[[nodiscard]] std::string first_lmdb_key(int fd, std::string_view shown);

}  // namespace recrank
