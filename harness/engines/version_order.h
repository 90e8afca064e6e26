// The order of versions in names: "1.3.9" before "1.3.10", "0.11.0-u22.2" before "0.11.0".
#pragma once

#include <string_view>

namespace recrank {

// Whether `a` stands before `b`. Runs of digits count as numbers of any length, the rest as bytes.
// What follows a dotted number behind a '-' makes it a pre-release, as semver has it: it stands
// before the name that ends there. Names that differ in nothing but leading zeros are ordered by
// their bytes: a total order.
[[nodiscard]] bool version_less(std::string_view a, std::string_view b);

}  // namespace recrank
