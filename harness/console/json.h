// The JSON of reports: members keep the order in which they were added.
#pragma once

#include <nlohmann/json.hpp>

namespace recrank {

using Json = nlohmann::ordered_json;

}  // namespace recrank
