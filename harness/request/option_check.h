// Which options a recording can be replayed with: those that its system knows.
#pragma once

#include "harness/request/option_values.h"
#include "snapshot/recording.h"

namespace recrank {

// kUsage for an option that would be ignored: one of another system than the recording's.
void refuse_foreign_options(const OptionValues& options, const RecordingInfo& info);

}  // namespace recrank
