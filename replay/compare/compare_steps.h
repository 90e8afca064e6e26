// Holds one recorded step against the same step of another recording.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "replay/compare/compare_recordings.h"
#include "replay/dialect.h"
#include "snapshot/step.h"

namespace recrank {

// The first difference, in the order: kind, delivery, calls and answers by index, result, facts by
// A's order, computrons, snapshot hash, block, crank. What one side does not hold is not compared,
// and neither are local facts. What was is added to `counts`.
[[nodiscard]] std::optional<RecordedDifference> compare_steps(const Step& a, const Step& b,
                                                              const Dialect& dialect,
                                                              const CompareOptions& options,
                                                              RecordedCounts& counts);

// The side whose recording ends inside the step, where the other holds more calls of it.
[[nodiscard]] std::optional<EndsInside> ends_inside(const Step& a, const Step& b,
                                                    const Dialect& dialect);

// The other facts of the step that differ, behind `first`, which is one of them.
[[nodiscard]] std::vector<RecordedDifference> facts_beside(const Step& a, const Step& b,
                                                           const RecordedDifference& first);
// Names of the local facts that differ. They point into the step.
[[nodiscard]] std::vector<std::string_view> local_differences(const Step& a, const Step& b);

}  // namespace recrank
