// What a call reads and where it writes, by what its options and words name.
#pragma once

#include "harness/cli/arguments.h"
#include "harness/console/outputs.h"

namespace recrank {

// Protects all that the call reads, and refuses an output that may not be written, or that is
// another one as well: before anything runs, kUsage.
void settle_files(const ArgumentSpec& spec, const Arguments& arguments, Outputs& outputs);

}  // namespace recrank
