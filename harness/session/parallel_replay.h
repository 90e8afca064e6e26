// Many replays side by side: vats, and spans of one vat, on several engines at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/judge/replay.h"

namespace recrank {

// One subject's replay, cut into parts that each begin at their own checkpoint.
struct ReplayJob {
  ReplayRequest request;
  std::vector<ReplayPlan> parts;  // in the order of their steps; at least one
};

// The parts' results joined: the first part that is not clean gives the verdict.
struct JobResult {
  ReplayResult result;
  std::vector<ReplayPlan> parts;
};

// Runs all parts of all jobs on `threads` threads and gives the results in the order of `jobs`.
// In stop mode a part that is not clean ends the later parts of its job. The observer is called
// from several threads at once. An Error in any part is thrown after all have ended.
[[nodiscard]] std::vector<JobResult> replay_all(const Recording& recording, const Engine& engine,
                                                const std::vector<ReplayJob>& jobs, size_t threads,
                                                const Interrupt& interrupt,
                                                ReplayObserver* observer);

}  // namespace recrank
