#include "harness/scenario/scenario_result.h"

#include <algorithm>

#include "replay/verdict_words.h"

namespace recrank {

std::string_view to_string(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::kAsExpected: return "as expected";
    case CaseOutcome::kOtherwise: return "otherwise";
    case CaseOutcome::kNotJudged: return "not judged";
    case CaseOutcome::kSkipped: return "skipped";
    case CaseOutcome::kInterrupted: return "interrupted";
  }
  return "not judged";
}

RunCounts count_cases(const std::vector<ScenarioResult>& results) {
  RunCounts counts;
  for (const ScenarioResult& scenario : results) {
    for (const CaseResult& each : scenario.cases) {
      switch (each.outcome) {
        case CaseOutcome::kAsExpected: ++counts.as_expected; break;
        case CaseOutcome::kOtherwise: ++counts.otherwise; break;
        case CaseOutcome::kNotJudged: ++counts.not_judged; break;
        case CaseOutcome::kSkipped: ++counts.skipped; break;
        case CaseOutcome::kInterrupted: ++counts.interrupted; break;
      }
    }
  }
  return counts;
}

CaseOutcome outcome_of(const ScenarioResult& result) {
  const auto any = [&](CaseOutcome outcome) {
    return std::any_of(result.cases.begin(), result.cases.end(),
                       [&](const CaseResult& each) { return each.outcome == outcome; });
  };
  for (const CaseOutcome bad :
       {CaseOutcome::kInterrupted, CaseOutcome::kOtherwise, CaseOutcome::kNotJudged}) {
    if (any(bad)) return bad;
  }
  return any(CaseOutcome::kAsExpected) ? CaseOutcome::kAsExpected : CaseOutcome::kNotJudged;
}

std::string finding_title(const CaseResult& result) {
  if (!result.session) return {};
  const Verdict& verdict = result.session->report.result.verdict;
  const std::string step = verdict.step ? " at step " + std::to_string(*verdict.step) : "";
  switch (verdict.kind) {
    case VerdictKind::kDiverged: {
      const bool listed = !verdict.divergences.empty();
      return "diverged" +
             (listed ? ": " + std::string(field_name(verdict.divergences.front())) : "") + step;
    }
    case VerdictKind::kCrashed:
      return verdict.signature.empty() ? headline(verdict) : verdict.signature;
    case VerdictKind::kLimit:
      if (!verdict.signature.empty()) return verdict.signature;
      return "limit" + (verdict.limit ? ": " + std::string(to_string(verdict.limit->kind)) : "") +
             step;
    case VerdictKind::kClean:
    case VerdictKind::kUnjudged:
    case VerdictKind::kInterrupted: return {};
  }
  return {};
}

}  // namespace recrank
