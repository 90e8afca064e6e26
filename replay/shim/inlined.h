// Calls that the compiler put into their callers, from DWARF.
#pragma once

#include <elfutils/libdwfl.h>

#include <vector>

#include "replay/crash/crash_report.h"

namespace recrank::shim {

// `frame` as `place` is found in it without a look at inlining. Gives the inlined calls that hold
// the place, innermost first, and `frame` behind them, each with the line at which it stands.
[[nodiscard]] std::vector<Frame> expand_inlined(Dwfl_Module* module, uint64_t place, Frame frame);

}  // namespace recrank::shim
