// The database of a Stellar node (henyey, stellar-core) as a Recording: its closed ledgers.
// Format: docs/formats/henyey-db.md
//
// The one subject is "node"; a step is a ledger by its own number. What a ledger was closed from
// (its transactions) is not read: the engine takes it from its own archive
// (docs/systems/henyey.md).
//
// The file is read in place with its -wal (sqlite_copy.h), from a consistent copy while a node
// runs. Memory: in proportion to the gaps between the ledgers that are held.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::stellar {

// Every stream checks the hash of each header that it gives; verify() also the links between them,
// and counts each header as a span.
// kInvalidData when there is no table of ledgers. `shown_path` stands for the file in all texts.
[[nodiscard]] std::unique_ptr<Recording> open_henyey_db(const std::filesystem::path& path,
                                                        const std::string& shown_path);

extern const Format kHenyeyDbFormat;

}  // namespace recrank::stellar
