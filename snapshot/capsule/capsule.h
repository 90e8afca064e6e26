// Reads a capsule: one file with all that a replay of one subject and range needs.
// Format: docs/formats/capsule.md
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank {

// `shown_path` names the file in errors and in info().path. Checks the LMDB pages, the manifest's
// hash and that the first and the last step are there; steps, bundles and heaps are checked when
// they are read. Opened in place: nothing is created, changed or locked. kInvalidData for damage.
[[nodiscard]] std::unique_ptr<Recording> open_capsule(const std::filesystem::path& file,
                                                      const std::string& shown_path);

extern const Format kCapsuleFormat;

}  // namespace recrank
