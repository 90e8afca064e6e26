// The first value that differs in two texts of JSON, and the way to it.
#pragma once

#include <optional>
#include <string_view>

#include "replay/difference/difference.h"

namespace recrank {

// All of a Difference but `whole`. nullopt: one of the two is not JSON, or they are too much work:
// objects whose keys stand in another order in each of many levels.
// Of an object the members are gone through as they stand in `expected`; of two that have the same
// name, the first is held against the first.
[[nodiscard]] std::optional<Difference> find_json_difference(std::string_view expected,
                                                             std::string_view got,
                                                             const InnerJson& inner);

}  // namespace recrank
