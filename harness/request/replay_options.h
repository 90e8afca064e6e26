// The options of `replay`: from words to a ReplayRequest, and back to the command that finds a
// verdict again.
#pragma once

#include <string>

#include "harness/console/arguments.h"
#include "replay/judge/replay.h"

namespace recrank {

[[nodiscard]] ArgumentSpec replay_spec();

// --compare, as several commands have it.
[[nodiscard]] CompareOptions compare_from(const Arguments& arguments);

// --verify-clock, likewise.
[[nodiscard]] EngineOptions engine_options_from(const Arguments& arguments);

// Everything but the subject.
[[nodiscard]] ReplayRequest request_from(const Arguments& arguments);

// The one command that reproduces `step` of a replay that went by `plan`. `engine_words`, with a
// blank before each, choose the engine, such as engine_words_of() gives; an option among them takes
// the place of the user's, and so does `compare`, unless empty.
[[nodiscard]] std::string reproduce_command(const Arguments& arguments,
                                            const std::string& subject_id,
                                            const std::string& engine_words, const ReplayPlan& plan,
                                            uint64_t step, const std::string& compare = {});
// " --engine NAME", quoted for a shell.
[[nodiscard]] std::string engine_words_of(const std::string& engine_name);

}  // namespace recrank
