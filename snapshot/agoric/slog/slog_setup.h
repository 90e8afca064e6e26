// What a slog says about how a vat's worker was set up.
#pragma once

#include <cstdint>

#include "snapshot/agoric/slog/slog_index.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// The setup of the incarnation that `step` belongs to. Reads the vat's bundle out of its create-vat
// record. Throws kInvalidData when that record is damaged.
[[nodiscard]] Setup read_slog_setup(const SlogFile& file, const SlogIndex& index,
                                    const SlogVat& vat, uint64_t step);

}  // namespace recrank::agoric
