// Whether what was found is what was expected. Pure functions: no processes, no printing.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_result.h"
#include "harness/session/replay_session.h"

namespace recrank {

// A distinct outcome of the runs of a case, and how many of them it had.
using CountedVerdict = std::pair<const Verdict*, size_t>;

struct CaseJudgement {
  CaseOutcome outcome = CaseOutcome::kNotJudged;
  std::string found;  // in words, of all runs
  std::string why;    // one line; empty where all is as expected
};

// Whether one run is as `expected` says, its rate apart.
[[nodiscard]] bool is_as_expected(const ExpectedVerdict& expected, const Verdict& found);

// All runs of a case. Without a rate every run must be so. A run that could not be judged counts
// for both sides: only an answer that does not hang on it is given, else the case is not judged; so
// is one in which no run could be. An interrupted run makes the case interrupted.
[[nodiscard]] CaseJudgement judge_outcomes(const ExpectedVerdict& expected,
                                           const std::vector<CountedVerdict>& outcomes);

// The same of a session. A clean one that compared nothing is not judged.
[[nodiscard]] CaseJudgement judge_case(const ExpectedVerdict& expected,
                                       const SubjectSession& session);

}  // namespace recrank
