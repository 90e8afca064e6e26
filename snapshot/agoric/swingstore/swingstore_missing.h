// What a swing-store once held of a vat and does not hold any more: pruned, or lost.
// Format: docs/formats/swingset-2024.md ("Spans").
#pragma once

#include <string>
#include <vector>

#include "snapshot/agoric/swingstore/swingstore_source.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// In the order of the steps. Closed spans are pruned, each with all of its items; anything else
// that is not there is lost: a part of a span, the current span of a vat that `lives`, its row, a
// row between spans, items that no row speaks of. `store` stands for the store in all places.
[[nodiscard]] std::vector<MissingSteps> find_missing_steps(const SwingstoreIndex& index,
                                                           const std::string& store,
                                                           const std::string& vat_id, bool lives);

}  // namespace recrank::agoric
