// The swing-store of a modern Agoric kernel: swingstore.sqlite.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// Opens the database at `path` without changing it or its neighbours; its -wal is read as well.
// A database that is in use or needs a roll-back is copied to a scratch directory that lives as
// long as the Recording (a note says so). `shown_path` stands for it in all texts.
// Throws kInvalidData for what is no swing-store or is too damaged to be read at all, kUnsupported
// for one from before transcript spans.
[[nodiscard]] std::unique_ptr<Recording> open_swingstore_sqlite(const std::filesystem::path& path,
                                                                const std::string& shown_path);

extern const Format kSwingstoreSqliteFormat;

}  // namespace recrank::agoric
