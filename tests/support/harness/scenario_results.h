// Results of `run` that are put together by hand, for tests of its reports.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/scenario_result.h"

namespace recrank::testing_support {

// A case that ran and came to `verdict`, with a reproducer and 1.25 s.
[[nodiscard]] CaseResult judged(const std::string& name, CaseOutcome outcome, Verdict verdict);

// A case that did not run.
[[nodiscard]] CaseResult not_run(const std::string& name, CaseOutcome outcome,
                                 const std::string& why);

// SIGSEGV at step 7.
[[nodiscard]] Verdict crash(const std::string& signature, const std::string& last_words = "");
[[nodiscard]] Verdict clean();

// One scenario with a case of each kind, and one whose file cannot be used.
[[nodiscard]] std::vector<ScenarioResult> all_kinds();

// Control bytes, what is no UTF-8 and no XML, and the ends of whatever a report may put around it.
inline constexpr const char* kHostileText =
    "a\x01\xff\xef\xbf\xbf]]>&\"'<b>```\n| x |\n](javascript:y)\x1b[31m";

// One scenario in which kHostileText stands wherever a text from outside can.
[[nodiscard]] std::vector<ScenarioResult> hostile();

}  // namespace recrank::testing_support
