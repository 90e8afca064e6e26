// The two generations of kernels and their xsnap workers, by the names that recordings, engines and
// reports have for them.
#pragma once

#include <string_view>

namespace recrank::agoric {

inline constexpr std::string_view kXsnap2021 = "xsnap-2021";
inline constexpr std::string_view kXsnap2024 = "xsnap-2024";

}  // namespace recrank::agoric
