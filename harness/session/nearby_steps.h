// The steps around a finding, so that a reader sees what led to it.
#pragma once

#include <string>
#include <vector>

#include "harness/session/subject_report.h"
#include "replay/dialect.h"

namespace recrank {

// "message o+0 deposit", "save-snapshot"; never throws, whatever the text is.
[[nodiscard]] std::string step_words(const Dialect& dialect, const Step& step);
// "message o+0 deposit, 4 calls, 12,345 computrons"; never throws, whatever the text is.
[[nodiscard]] std::string describe_delivery(const Dialect& dialect, const Step& step);
[[nodiscard]] std::vector<NearbyStep> steps_around(const Recording& recording,
                                                   const Subject& subject, uint64_t step);

// Fills `nearby` where the verdict is a finding at a step; false: it is none.
[[nodiscard]] bool add_nearby_steps(const Recording& recording, SubjectReport& report);

// The plan, or of several parts that one, in which the finding is; with a clean one, the whole.
[[nodiscard]] ReplayPlan plan_of_finding(const SubjectReport& report);

}  // namespace recrank
