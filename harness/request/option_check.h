// Which options a recording can be replayed with: those that its system knows.
#pragma once

#include <string_view>

#include "harness/request/option_values.h"
#include "snapshot/recording.h"

namespace recrank {

// "agoric", "program", "montana", "stellar", "redis".
[[nodiscard]] std::string_view system_of(const RecordingInfo& info);

// kUsage for an option that would be ignored: one of another system than the recording's.
void refuse_foreign_options(const OptionValues& options, const RecordingInfo& info);

}  // namespace recrank
