// Which variations an engine bears at all. One that dies of an extra heap wherever it is written
// says nothing of a finding when it does so in a variation: such variations are left out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/certainty/perturb_plan.h"
#include "replay/dialect.h"
#include "snapshot/step.h"

namespace recrank {

// How the engine fared under a variation on a stretch that is clean without it: empty when it came
// through (or met the finding that is hunted), else how it ended. nullopt: interrupted.
using SurvivalProbe = std::function<std::optional<std::string>(const Variation& variation)>;

struct Survival {
  Variations can;                     // what is left
  std::vector<std::string> left_out;  // "extra heaps: it ends on a clean stretch with SIGSEGV …"
  size_t runs = 0;                    // that this took
};

// The stretch to probe on: where what is hunted is known, all before its step; else, lest a finding
// of the last steps be taken for a weakness of the engine, the first half.
[[nodiscard]] StepRange survival_stretch(const PerturbFacts& facts, bool hunted_is_known);

// All kinds at once; one by one only when it does not come through that. A stretch too short for
// them leaves all.
[[nodiscard]] Survival what_it_survives(const PerturbFacts& facts, StepRange stretch,
                                        const CompareOptions& compare, const SurvivalProbe& probe);

}  // namespace recrank
