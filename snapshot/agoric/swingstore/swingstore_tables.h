// Which tables and columns a swing-store database has; reads its small tables.
#pragma once

#include <string>

#include "snapshot/agoric/swingstore/swingstore_source.h"
#include "snapshot/sqlite/sqlite_db.h"

namespace recrank::agoric {

// Schema versions differ only in columns that may be missing.
struct SwingstoreSchema {
  bool has_incarnation = false;  // transcriptSpans.incarnation
  bool has_snapshots = false;
  bool has_sizes = false;  // snapshots.uncompressedSize, compressedSize
  bool has_bundles = false;
};

// kInvalidData when it is no swing-store, kUnsupported for one from before transcript spans.
[[nodiscard]] SwingstoreSchema read_swingstore_schema(const SqliteDb& db);

// Spans, snapshots and bundle IDs: rows only, never items, heaps or bundles.
[[nodiscard]] SwingstoreIndex read_swingstore_index(const SqliteDb& db,
                                                    const SwingstoreSchema& schema);

}  // namespace recrank::agoric
