// Looks through a whole slog for damage.
#pragma once

#include "snapshot/agoric/slog/slog_index.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// A slog has no stored hashes: the counts of the report stay 0. With an empty scope every line is
// read as JSON; each vat's held steps of the scope are put together as a replay would.
[[nodiscard]] HashReport verify_slog(const SlogFile& file, const SlogIndex& index,
                                     const VerifyScope& scope);

}  // namespace recrank::agoric
