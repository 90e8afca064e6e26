// Whether two texts of one thing agree where one format says less of it than the other.
#pragma once

#include <string_view>

namespace recrank {

// True when no member of an object and no element of an array that both texts have differs. Text
// that is not JSON agrees only with the same bytes.
[[nodiscard]] bool json_agrees(std::string_view a, std::string_view b);

}  // namespace recrank
