// Which recrank this is.
#pragma once

#include <string_view>

namespace recrank {

[[nodiscard]] std::string_view version();  // "0.1.0"

}  // namespace recrank
