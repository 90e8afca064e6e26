// The members of a capsule's manifest, one reader each. For its parser only.
#pragma once

#include "base/json_cursor.h"
#include "snapshot/capsule/capsule_manifest.h"

// Each reads a value and throws kInvalidData for what it cannot be.
namespace recrank::capsule_manifest {

[[nodiscard]] Subject read_subject(JsonCursor& cursor);
// The range, the blocks and their hash.
void read_steps(JsonCursor& cursor, CapsuleManifest& manifest);
[[nodiscard]] CapsuleSetup read_setup(JsonCursor& cursor);
[[nodiscard]] CapsuleCheckpoint read_checkpoint(JsonCursor& cursor);
[[nodiscard]] ClaimedEngine read_engine(JsonCursor& cursor);
[[nodiscard]] ClaimedVerdict read_verdict(JsonCursor& cursor);
void read_origin(JsonCursor& cursor, CapsuleManifest& manifest);

}  // namespace recrank::capsule_manifest
