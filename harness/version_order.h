// The order of names that hold versions, as a person would put them.
#pragma once

#include <string_view>

namespace recrank {

// "1.3.9" before "1.3.10"; "bun-1.3.14-canary.2" before "bun-1.3.14": numbers count as numbers, and a
// name that goes on with "-word" comes before the same name without it, as releases come after what
// led to them. A strict weak order.
[[nodiscard]] bool version_less(std::string_view a, std::string_view b);

}  // namespace recrank
