// What a shrink has learned, in a file, so that it can be interrupted and go on.
//
//   {"schema":"recrank.shrink-state/1","fingerprint":"<sha256>",
//    "starts":[{"checkpoint":"snapshot@27","holds":["0-9"],"fails":["","9"],"unknown":[]}]}
//
// The fingerprint is that of all that the answers hang on: with another one they mean nothing.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "harness/shrink/ddmin.h"

namespace recrank {

struct ShrinkState {
  std::string fingerprint;
  std::map<std::string, ProbeMemory> starts;  // by the label of the checkpoint
};

// An empty state when there is no such file. kUsage when the file belongs to another shrink,
// kInvalidData when it is not such a file; both say to remove it.
[[nodiscard]] ShrinkState load_shrink_state(const std::filesystem::path& file,
                                            const std::string& fingerprint);
// Whole or not at all.
void save_shrink_state(const std::filesystem::path& file, const ShrinkState& state);

}  // namespace recrank
