// The calls of a step that were made beside those that are recorded, from their alignment.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "replay/difference/call_rows.h"
#include "replay/judge/align_calls.h"

namespace recrank {

inline constexpr size_t kCallRowsMax = 24;
// Bytes of one call in a row: two of them, and the place, fill a line.
inline constexpr size_t kCallRowBytes = 56;

// `before` calls of the step were equal; `made` and `recorded` are those behind them, and `found`
// is how they line up. More than kCallRowsMax rows are counted in a last one.
[[nodiscard]] std::vector<CallRow> side_by_side(size_t before,
                                                std::span<const std::string_view> made,
                                                std::span<const std::string_view> recorded,
                                                const CallAlignment& found);

}  // namespace recrank
