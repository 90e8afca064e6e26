// The steps of one vat out of a slog.
#pragma once

#include <memory>

#include "snapshot/agoric/slog/slog_index.h"
#include "snapshot/step.h"

namespace recrank::agoric {

// A stream of `range`, which the vat must hold. Reads the log from the mark before it and jumps
// from mark to mark over what belongs to other vats. `vat` is one of `index`; all must outlive it.
[[nodiscard]] std::unique_ptr<StepStream> open_slog_stream(const SlogFile& file,
                                                           const SlogIndex& index,
                                                           const SlogVat& vat, StepRange range);

}  // namespace recrank::agoric
