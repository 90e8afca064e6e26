// `replay --perturb K`: the same replay under K harmless variations, and what they say together.
// The rules are in docs/perturb.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/certainty/perturb_plan.h"
#include "harness/session/replay_session.h"
#include "replay/judge/replay.h"

namespace recrank {

struct PerturbRequest {
  size_t variations = 0;  // 0: not asked for
  uint64_t seed = 1;
  size_t jobs = 1;  // engines side by side
  // The signature that is hunted where the control is clean; empty: none is known. Another build of
  // the engine may spell it otherwise.
  std::string hunted;
};

// One variation and what it came to.
struct PerturbedRun {
  Variation variation;
  ReplayResult result;
};

// Runs whose verdicts are one and the same finding, whichever step it came to.
struct PerturbFinding {
  std::vector<size_t> runs;  // indices into PerturbedReplay::runs
  bool as_control = false;   // the unperturbed replay found it too
  bool as_hunted = false;    // it is the one that is hunted
  bool of_itself = false;    // in heaps that nobody recorded being written or loaded, in all runs
};

struct PerturbedReplay {
  PerturbRequest request;
  Verdict control;
  std::vector<PerturbedRun> runs;
  std::vector<PerturbFinding> findings;  // in the order of their first run
  size_t clean = 0;
  size_t judged = 0;                  // runs that are neither unjudged, interrupted nor idle
  size_t idle = 0;                    // clean, and the replay never came to what was to be varied
  std::vector<std::string> left_out;  // kinds of variations that the engine does not survive
  size_t probes = 0;                  // runs that this took
};

// `base`: the request of the control, whose result is `control`. Throws what replay_all throws.
[[nodiscard]] PerturbedReplay run_perturbed(const Recording& recording, const Engine& engine,
                                            const ReplayRequest& base, const ReplayResult& control,
                                            const PerturbRequest& request,
                                            const Interrupt& interrupt, ReplayObserver* observer);

// Groups the runs; run_perturbed() has done so.
void group_findings(PerturbedReplay& replay);

// A rate of `runs` that all missed it would have shown with 95 % probability.
[[nodiscard]] double excluded_rate_95(size_t runs);

// "gone or only hidden?" in one sentence, and for divergences the schedules.
[[nodiscard]] std::string perturb_answer(const PerturbedReplay& replay);

}  // namespace recrank
