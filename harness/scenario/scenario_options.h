// The options of the table (harness/request/option_table.h) as members of scenario.json.
#pragma once

#include <filesystem>

#include "base/json_fwd.h"
#include "harness/request/option_values.h"

namespace recrank {

// Of a scenario that passed the schema; paths are taken from `directory`.
[[nodiscard]] OptionValues options_in(const Json& scenario, const std::filesystem::path& directory);

// Adds what bounded or narrowed a replay by `options`. The range and the setup are not among them:
// the recording's copy has both. kUnsupported for what a scenario cannot say.
void add_options(Json& scenario, const OptionValues& options);

}  // namespace recrank
