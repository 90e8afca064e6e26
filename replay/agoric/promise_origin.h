// Where a promise comes from that a step resolves or is told of: the stack is synchronous, and what
// came in an earlier step only the system calls tell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "snapshot/recording.h"

namespace recrank::agoric {

// "p-64 is the result of step 9, message o+0 token", "p+5 is the result of a call that step 8,
// message o+0 ask, sent to o-50": a line for each promise that the step itself is told of (a
// notify), and that `call` resolves; of at most a few. Empty where the recording does not tell.
// Never throws.
[[nodiscard]] std::vector<std::string> promise_origins(const Recording& recording,
                                                       const std::string& subject_id, uint64_t step,
                                                       std::string_view call);

}  // namespace recrank::agoric
