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

}  // namespace recrank
