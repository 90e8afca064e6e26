// A call of `replay`: from the options of the table to a ReplayRequest, and back to the command
// that finds a verdict again.
#pragma once

#include <string>

#include "harness/request/option_values.h"
#include "replay/judge/replay.h"

namespace recrank {

// What a replay is called with.
struct ReplayCall {
  std::string recording;  // as the user named it
  OptionValues options;
};

// Everything but the subject. kUsage for what cannot be meant.
[[nodiscard]] ReplayRequest request_from(const OptionValues& options);
// kUsage for a range that ends before it begins.
void check_range(const ReplayRequest& request);

// The one command that reproduces `step` of a replay that went by `plan`. `engine_words`, with a
// blank before each, choose the engine, such as engine_words_of() gives; an option among them takes
// the place of the user's, and so does `compare`, unless empty.
[[nodiscard]] std::string reproduce_command(const ReplayCall& call, const std::string& subject_id,
                                            const std::string& engine_words, const ReplayPlan& plan,
                                            uint64_t step, const std::string& compare = {});
// " --engine NAME", quoted for a shell.
[[nodiscard]] std::string engine_words_of(const std::string& engine_name);

}  // namespace recrank
