// What a request asks for and its plan does not run: a verdict must not seem to speak of it.
#pragma once

#include <string>
#include <vector>

#include "replay/judge/replay.h"

namespace recrank {

struct UncoveredSteps {
  StepRange steps;
  std::string why;     // "pruned", "held", "not in the recording"
  std::string remedy;  // the options that replay them: "--to 5"; empty: nothing does
};

// In the order of the steps. Of steps before the first and behind the last that are held it tells
// only what the recording knows of.
[[nodiscard]] std::vector<UncoveredSteps> uncovered_steps(const Recording& recording,
                                                          const ReplayRequest& request,
                                                          const ReplayPlan& plan);

// "0..5 (held: --to 5 replays them), 6..47 (pruned)"
[[nodiscard]] std::string uncovered_text(const std::vector<UncoveredSteps>& uncovered);

}  // namespace recrank
