// A hash over all of a recording and of a request that decides what a replay of some steps finds,
// the engine apart. Two equal ones: what one replay found holds for the other.
#pragma once

#include <string>

#include "base/interrupt.h"
#include "replay/judge/replay.h"

namespace recrank {

// Follows the content (deliveries, calls, answers, expectations, setup, checkpoint), never a path
// or a time stamp. Reads every step of the plan once; empty when it was interrupted. Throws what
// the recording throws.
[[nodiscard]] std::string replay_fingerprint(const Recording& recording,
                                             const ReplayRequest& request, const ReplayPlan& plan,
                                             const Interrupt& interrupt);

}  // namespace recrank
