// The name of a JSON value, for headers: what only takes or gives one does not have to read the
// library's 20,000 lines. Include base/json.h where one is made or looked into.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace recrank {

// Members keep the order in which they were added, so that equal reports are equal bytes.
using Json = nlohmann::ordered_json;

}  // namespace recrank
