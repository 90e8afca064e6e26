// What a replay rests on, as one hash: equal for equal content, wherever and whenever it was recorded.
#pragma once

#include <string>

#include "base/interrupt.h"
#include "replay/replay.h"
#include "snapshot/recording.h"

namespace recrank {

// sha256 over the steps of the plan (deliveries, calls, answers, expectations), its checkpoint and
// what a fresh worker is told. Reads every step once; throws what the recording throws. Cut short by
// the interrupt it means nothing.
[[nodiscard]] std::string history_fingerprint(const Recording& recording,
                                              const std::string& subject_id, const ReplayPlan& plan,
                                              const Interrupt& interrupt);

// The same for what a request changes of it: limits, what is compared, layout, bundles of the user's.
[[nodiscard]] std::string request_fingerprint(const ReplayRequest& request);

}  // namespace recrank
