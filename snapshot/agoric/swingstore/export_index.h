// The manifest and the export data of a state-sync export.
// Format: docs/formats/swingset-2024.md ("Export").
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "snapshot/agoric/swingstore/swingstore_source.h"

namespace recrank::agoric {

struct ExportIndex {
  SwingstoreIndex store;
  std::map<std::string, std::string> kv;  // only the keys that say something about vats and kernel
  std::map<std::string, std::filesystem::path> artifacts;  // that are there, by artifact name
  std::set<std::string> lost_artifacts;                    // listed, and not there
  std::vector<std::pair<std::string, std::string>> facts;
};

[[nodiscard]] ExportIndex read_export_index(const std::filesystem::path& directory,
                                            const std::string& shown_name);

// "transcript.v6.0.5", "snapshot.v1.7074"
[[nodiscard]] std::string transcript_artifact(const SpanRow& span);
[[nodiscard]] std::string snapshot_artifact(const SnapshotRow& snapshot);

}  // namespace recrank::agoric
