// The requests over HTTP that a program made of one event. Format: docs/formats/journal.md, "Calls"
#pragma once

#include <string_view>

#include "snapshot/step.h"

namespace recrank::program {

// What stands for the response of a request that was never answered.
inline constexpr std::string_view kNoResponse = R"({"act":"stall"})";

// Fills step.calls from `calls`, a JSON array within step.text; the calls' own texts (http_call.h)
// go to step.arena. Throws kInvalidData, without its place, for what has another form.
void read_journal_calls(std::string_view calls, Step& step);

}  // namespace recrank::program
