// Where the incarnations of a vat begin. Their first items say it; the number that spans of later
// stores have says it too, and is covered by no hash.
// Format: docs/formats/swingset-2024.md ("Transcript items").
#pragma once

#include <string>

#include "snapshot/agoric/swingstore/swingstore_source.h"

namespace recrank::agoric {

// Fills in SpanRow::begins, and the incarnations of a store that does not number them.
void mark_incarnations(SwingstoreIndex& index, SwingstoreReader& reader);

// The span that begins the incarnation of the step; null: it was pruned, or nothing says which.
[[nodiscard]] const SpanRow* beginning_of(const SwingstoreIndex& index, const std::string& vat_id,
                                          uint64_t step);

// False: a later incarnation has begun, or may have begun in spans that are not held.
[[nodiscard]] bool is_of_latest_incarnation(const SwingstoreIndex& index, const std::string& vat_id,
                                            uint64_t step);

}  // namespace recrank::agoric
