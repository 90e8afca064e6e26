// --log and --keep-scratch, which every command accepts, and what stands for them in the
// environment: $RECRANK_LOG and $RECRANK_KEEP_SCRATCH. HACKING.md shows them at work.
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

// kUsage for a module or level that there is not. Called before there are threads.
void apply_log_options(const Arguments& arguments);
// Names the scratch directories that were kept.
void tell_kept_scratch(Console& console);

}  // namespace recrank
