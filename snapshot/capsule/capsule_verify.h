// Computes the hashes of a capsule anew.
// Format: docs/formats/capsule.md ("What a consumer must check")
#pragma once

#include "snapshot/capsule/capsule_manifest.h"
#include "snapshot/lmdb/lmdb_env.h"
#include "snapshot/recording.h"

namespace recrank {

// Blocks count as spans, bundles and other texts as bundles. The manifest's own hash has been
// checked. kIo is thrown; damage is in the report, with file and record.
[[nodiscard]] HashReport verify_capsule(const LmdbEnv& env, MDB_dbi dbi,
                                        const CapsuleManifest& manifest, const VerifyScope& scope);

}  // namespace recrank
