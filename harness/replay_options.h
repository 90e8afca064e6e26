// The options of `replay`: from words to a ReplayRequest, and back to the command that finds a
// verdict again.
#pragma once

#include <string>

#include "harness/arguments.h"
#include "replay/replay.h"

namespace recrank {

[[nodiscard]] ArgumentSpec replay_spec();

// --compare, as several commands have it.
[[nodiscard]] CompareOptions compare_from(const Arguments& arguments);

// Everything but the subject.
[[nodiscard]] ReplayRequest request_from(const Arguments& arguments);

// The one command that reproduces `step` of a replay that went by `plan`; `compare`, unless empty,
// takes the place of the user's --compare.
[[nodiscard]] std::string reproduce_command(const Arguments& arguments, const std::string& subject_id,
                                            const std::string& engine_name, const ReplayPlan& plan,
                                            uint64_t step, const std::string& compare = {});

// The same with all words that choose the engine: " --engine NAME --supervisor FILE".
[[nodiscard]] std::string reproduce_command_on(const Arguments& arguments,
                                               const std::string& subject_id,
                                               const std::string& engine_words,
                                               const ReplayPlan& plan, uint64_t step,
                                               const std::string& compare = {});

}  // namespace recrank
