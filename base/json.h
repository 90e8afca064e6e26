// JSON values in memory: of reports, and of files that recrank or its user wrote. A member is found
// by looking at all before it, so what a stranger wrote is walked with base/json_cursor.h instead.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace recrank {

// kInvalidData "LINE:COLUMN: it is not JSON in UTF-8". Here and not in each folder that reads
// one: of the library, the parser takes longest to compile.
[[nodiscard]] Json parse_json(std::string_view text);

// In one line, or with `indent` blanks before what lies one level deeper. Its strings are UTF-8.
[[nodiscard]] std::string json_text(const Json& json, int indent = -1);

}  // namespace recrank
