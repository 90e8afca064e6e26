// The vats of a swing-store and the places where a replay of them can begin.
#pragma once

#include <string>
#include <vector>

#include "snapshot/agoric/swingstore/swingstore_source.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// All vats that the store knows: named, dynamic, terminated, or only left in a transcript. Text of
// single keys that cannot be read goes to `notes`.
[[nodiscard]] std::vector<Subject> find_swingstore_subjects(const SwingstoreSource& source,
                                                            SwingstoreReader& reader,
                                                            std::vector<std::string>& notes);

// Genesis where the first span of an incarnation is held, and every heap snapshot.
[[nodiscard]] std::vector<Checkpoint> find_swingstore_checkpoints(const SwingstoreIndex& index,
                                                                  const std::string& vat_id);

}  // namespace recrank::agoric
