// Bundles, texts and heaps of a capsule: packed values that are named by their hash.
// Format: docs/formats/capsule.md ("Value")
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "snapshot/io/inflate.h"
#include "snapshot/lmdb/lmdb_env.h"
#include "snapshot/recording.h"

namespace recrank {

struct CapsuleValueRule {
  uint64_t bytes_max = 0;                      // more is damage
  SnapshotTrust trust = SnapshotTrust::kHash;  // kBytes: the hash is not asked
};

// Gives the unpacked value to `sink` in pieces; throws kInvalidData "<file>: value <sha256>: …"
// when it is missing or damaged, at the latest behind its last piece.
void read_capsule_value(const LmdbTxn& txn, MDB_dbi dbi, const std::string& sha256,
                        const CapsuleValueRule& rule, const ByteSink& sink);

// A text as a whole.
[[nodiscard]] std::string read_capsule_text(const LmdbTxn& txn, MDB_dbi dbi,
                                            const std::string& sha256);

}  // namespace recrank
