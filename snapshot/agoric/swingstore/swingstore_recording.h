// The Recording on top of a swing-store, the same for a SQLite file and an export directory.
#pragma once

#include <memory>

#include "snapshot/agoric/swingstore/swingstore_source.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// `info` comes filled but for era and for the facts and notes that the store itself gives; those
// are added behind what is there.
[[nodiscard]] std::unique_ptr<Recording> make_swingstore_recording(
    std::unique_ptr<SwingstoreSource> source, RecordingInfo info);

}  // namespace recrank::agoric
