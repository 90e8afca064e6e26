// Verdicts and outcomes in one line each, for people.
#pragma once

#include <cstdint>
#include <string>

#include "replay/engine.h"
#include "replay/verdict.h"

namespace recrank {

// "diverged at step 12, syscall wrong, call 3" in one line.
[[nodiscard]] std::string headline(const Verdict& verdict);

inline constexpr std::string_view kLivedOnWords = "lived on behind the end of the record";
// "lived on behind the end of the record: in step 4310 it made 2 more calls, the first […]".
[[nodiscard]] std::string lived_on_line(const LivedOn& lived_on);

// "step 12, syscall wrong, call 3"
[[nodiscard]] std::string divergence_line(const Divergence& divergence);

// "it answered ok", "the engine was killed by SIGSEGV", …
[[nodiscard]] std::string describe_outcome(const StepOutcome& outcome);

// The message in an engine's answer: ["error","no such thing",null] -> no such thing. The answer
// itself when it has another form.
[[nodiscard]] std::string answered_error(std::string_view result);

}  // namespace recrank
