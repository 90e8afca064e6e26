// The distance of two whole numbers, exactly.
#pragma once

#include <string>
#include <string_view>

namespace recrank {

// "+12" or "-519": how far it is from `from` to `to`, both decimal digits with or without a sign,
// of up to kDeltaDigitsMax digits. Empty where one is anything else, or both are the same number.
[[nodiscard]] std::string decimal_delta(std::string_view from, std::string_view to);

inline constexpr size_t kDeltaDigitsMax = 100;

}  // namespace recrank
