// Computes the hashes of a swing-store anew.
#pragma once

#include <vector>

#include "snapshot/agoric/swingstore/swingstore_source.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// The chain of each held span, each held heap snapshot, each held bundle of the scope. What cannot
// be read is Damage like what hashes otherwise; only the machine's trouble (kIo) is thrown.
[[nodiscard]] HashReport verify_swingstore(const SwingstoreSource& source,
                                           const std::vector<Subject>& subjects,
                                           const VerifyScope& scope);

}  // namespace recrank::agoric
