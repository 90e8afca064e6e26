// The log of a Stellar node (henyey) as a Recording: the ledgers that it says it closed.
// Format: docs/formats/height-log.md
//
// The one subject is "node"; a step is a ledger by its own number. A ledger that was closed again,
// after a restart, counts as it was closed last. Lines of mismatches, fatal states and aborts are
// told as notes. A torn last line counts for nothing.
//
// Memory: 32 bytes for each ledger.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::stellar {

// A log holds no hash that could be computed anew: verify() finds nothing to check.
[[nodiscard]] std::unique_ptr<Recording> open_height_log(const std::filesystem::path& path,
                                                         const std::string& shown_path);

extern const Format kHeightLogFormat;

}  // namespace recrank::stellar
