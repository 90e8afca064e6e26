// Holds one recorded step against the same step of another recording.
#pragma once

#include <optional>

#include "replay/compare_recordings.h"
#include "snapshot/step.h"

namespace recrank {

// The first difference, in the order: kind, delivery, calls and answers by index, result,
// computrons, snapshot hash. What one side does not hold is not compared. What was is added to
// `counts`.
[[nodiscard]] std::optional<RecordedDifference> compare_steps(const Step& a, const Step& b,
                                                              const CompareOptions& options,
                                                              RecordedCounts& counts);

}  // namespace recrank
