// Whether a recording holds what a scenario says it must, without any engine.
#pragma once

#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_result.h"
#include "snapshot/recording.h"

namespace recrank {

// `subject`: the one that the scenario names; empty: it names none, and the recording must have one
// only where steps are asked for. Slow where hashes are asked for: every stored one is computed
// anew. Damage is otherwise than expected, no hash at all is not judged.
[[nodiscard]] CaseResult judge_reading(const Recording& recording,
                                       const ExpectedRecording& expected,
                                       const std::string& subject);

// "sst, 4,310 steps, first 1, last 4310, all hashes hold".
[[nodiscard]] std::string to_words(const ExpectedRecording& expected);

}  // namespace recrank
