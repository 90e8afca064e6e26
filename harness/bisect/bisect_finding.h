// The finding that a bisection hunts, and what a run of some engine says about it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "replay/judge/replay.h"
#include "replay/verdict.h"

namespace recrank {

struct HuntedFinding {
  Verdict verdict;         // of the engine that it was met on; its step is set
  std::string engine_key;  // that engine: on the same one signatures are compared exactly
  bool any = false;        // --any-finding: whatever is found at that step or before is bad
};

[[nodiscard]] bool is_finding(VerdictKind kind);

// One run, cut down to what decides (and to what a cache keeps).
struct BisectRun {
  Verdict verdict;     // without reports, last words cut short
  bool ended = false;  // false: every step of its range ran
  // Of a variation: what was made of it, and that the run ended in that itself, not in a step.
  std::string perturbed = {};
  bool ended_in_perturbation = false;
};
[[nodiscard]] BisectRun run_of(const ReplayResult& result);

enum class RunWord { kMet, kPassed, kOther, kUnjudged, kKilled, kInterrupted };

// Met: the same finding. Of crashes: the signatures are alike (on the same engine equal), at that
// step or before it. Of limits that add up over a history (memory, time): the same one; of the
// others at the same step. Of divergences: step, field and call.
// Passed: clean, or all steps ran, or the step ended as recorded where the finding is that it does
// not, or did not die where the finding is the recorded death.
[[nodiscard]] RunWord classify_run(const HuntedFinding& hunted, const BisectRun& run,
                                   const std::string& engine_key);

}  // namespace recrank
