// A failure that a recording tells of, and whether a replay has met it again.
#pragma once

#include <optional>
#include <string>

#include "replay/engine.h"

namespace recrank {

enum class RecordedFailureKind {
  kLimit,   // a meter of the engine ended the step
  kSignal,  // the engine was killed by `signal`
  kExit,    // the engine exited
  kAnswer,  // the subject answered with an error and lived on
};

struct RecordedFailure {
  RecordedFailureKind kind = RecordedFailureKind::kAnswer;
  LimitKind limit = LimitKind::kComputrons;  // with kLimit
  int signal = 0;                            // with kSignal; 0: a name that is unknown here
  std::optional<int> exit_status;            // with kExit, where the text tells
  std::string text;
};

// The step did now what the recording says it did then.
[[nodiscard]] bool met_again(const RecordedFailure& recorded, const StepOutcome& outcome);

}  // namespace recrank
