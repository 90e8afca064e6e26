// Sets of step numbers as lists of ranges, sorted and disjoint like Subject::held.
#pragma once

#include <vector>

#include "snapshot/step.h"

namespace recrank {

// Numbers that are in both.
[[nodiscard]] std::vector<StepRange> intersect(const std::vector<StepRange>& x,
                                               const std::vector<StepRange>& y);
// Numbers of `x` that are not in `y`.
[[nodiscard]] std::vector<StepRange> subtract(const std::vector<StepRange>& x,
                                              const std::vector<StepRange>& y);

}  // namespace recrank
