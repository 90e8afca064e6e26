// --log, --keep-scratch and --sandbox, which every command accepts, and what stands for them in the
// environment: $RECRANK_LOG, $RECRANK_KEEP_SCRATCH and $RECRANK_SANDBOX. HACKING.md shows the first
// two at work, docs/sandbox.md the third.
#pragma once

#include <array>
#include <string_view>

#include "harness/cli/arguments.h"
#include "harness/console/console.h"

namespace recrank {

// The modules that log: folders, and two things that many folders do ("wire": what is said between
// recrank and an engine; "scratch": directories that live as long as one run).
inline constexpr std::array<std::string_view, 10> kLogModules{
    "agoric",  "bisect",  "engines", "judge",  "open",
    "process", "scratch", "session", "shrink", "wire"};

// kUsage for a module, level or sandbox that there is not. Called before there are threads.
void apply_common_options(const Arguments& arguments);
// Names the scratch directories that were kept.
void tell_kept_scratch(Console& console);

}  // namespace recrank
