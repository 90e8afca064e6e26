// What a fresh worker of a vat was told, put together from a swing-store.
#pragma once

#include <string>
#include <vector>

#include "snapshot/agoric/swingstore/swingstore_source.h"
#include "snapshot/agoric/vat_options.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// For the incarnation that `step` belongs to. Sources, from the best: the incarnation's own
// initialize-worker item; for the latest incarnation the keys <vat>.source and <vat>.options.
[[nodiscard]] Setup read_swingstore_setup(const SwingstoreIndex& index, SwingstoreReader& reader,
                                          const Subject& subject, uint64_t step);

// The IDs of all bundles that the setup of that incarnation names. Damage in what would name them
// leaves them out.
[[nodiscard]] std::vector<std::string> setup_bundle_ids(const SwingstoreIndex& index,
                                                        SwingstoreReader& reader,
                                                        const std::string& vat_id, uint64_t step);

}  // namespace recrank::agoric
