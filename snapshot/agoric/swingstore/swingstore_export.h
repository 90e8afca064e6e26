// A state-sync export of a swing-store: a directory with a manifest, the export data and one file
// per artifact.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// Opens the directory that holds export-manifest.json. Artifacts that the export left out, or that
// have since been lost, are not held; names that would lead out of the directory and links are
// refused. `shown_path` stands for the directory in all texts. Throws kInvalidData for a manifest
// or export data that cannot be read.
[[nodiscard]] std::unique_ptr<Recording> open_swingstore_export(
    const std::filesystem::path& directory, const std::string& shown_path);

extern const Format kSwingstoreExportFormat;

}  // namespace recrank::agoric
