// The vats of an LMDB kernel database of 2021.
#pragma once

#include <string>
#include <vector>

#include "snapshot/agoric/kerneldb/kerneldb_store.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// The live vats, and those whose ids were given out and are gone. A vat whose own records are
// damaged is listed as not replayable, with the damage; damage to the lists is kInvalidData.
[[nodiscard]] std::vector<Subject> read_kerneldb_vats(const KerneldbStore& store);

// Of a live vat; throws kInvalidData for damage.
[[nodiscard]] Setup read_kerneldb_vat_setup(const KerneldbStore& store, const Subject& vat);

}  // namespace recrank::agoric
