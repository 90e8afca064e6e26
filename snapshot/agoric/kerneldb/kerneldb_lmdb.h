// Kernel databases of 2021: swing-store-lmdb, one file data.mdb.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// `file` is the data.mdb, `shown_path` its name in reports. Read in place; a database that another
// process has open, or one with a torn meta page, is copied into a scratch directory first and read
// there (a note says so). The whole tree is checked before the first read.
// Throws kInvalidData for damage, kUnsupported for an LMDB file that is no kernel database.
[[nodiscard]] std::unique_ptr<Recording> open_kerneldb_lmdb(const std::filesystem::path& file,
                                                            const std::string& shown_path);

extern const Format kKerneldbLmdbFormat;

}  // namespace recrank::agoric
