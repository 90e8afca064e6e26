// What the text of a recorded failure means, and whether a replay has met it again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "replay/engine.h"

namespace recrank {

enum class RecordedFailureKind {
  kLimit,     // a meter of the engine ended the step
  kSignal,    // the worker was killed by `signal`
  kExit,      // the worker exited
  kVatError,  // the worker answered with an error and lived on
};

struct RecordedFailure {
  RecordedFailureKind kind = RecordedFailureKind::kVatError;
  LimitKind limit = LimitKind::kComputrons;  // with kLimit
  int signal = 0;                            // with kSignal; 0: a name that is unknown here
  std::optional<int> exit_status;            // with kExit, where the text tells
  std::string text;
};

// Any text is something: what is none of the kernel's own sentences is an error of the vat.
[[nodiscard]] RecordedFailure parse_recorded_failure(std::string_view text);

// The step did now what the recording says it did then.
[[nodiscard]] bool met_again(const RecordedFailure& recorded, const StepOutcome& outcome);

// SIGKILL, SIGTERM, SIGINT, SIGHUP: sent by a person, a service manager or the kernel's out of
// memory killer, never raised by an engine's own fault. While no siginfo is at hand the number
// decides.
[[nodiscard]] bool is_outside_signal(int signal);

// "SIGSEGV"; "signal 77" for a number without a name.
[[nodiscard]] std::string signal_name(int signal);

// The message in an engine's answer: ["error","no such thing",null] -> no such thing. The answer
// itself when it has another form.
[[nodiscard]] std::string answered_error(std::string_view result);

// "it answered ok", "the engine was killed by SIGSEGV", …
[[nodiscard]] std::string describe_outcome(const StepOutcome& outcome);

}  // namespace recrank
