#include "harness/repeated.h"

#include <algorithm>

namespace recrank {
namespace {

bool same_divergence(const Verdict& a, const Verdict& b) {
  if (a.divergences.empty() || b.divergences.empty()) return a.divergences.empty() == b.divergences.empty();
  const Divergence& x = a.divergences.front();
  const Divergence& y = b.divergences.front();
  return x.step == y.step && x.field == y.field && x.index == y.index;
}

}  // namespace

bool same_outcome(const Verdict& a, const Verdict& b) {
  if (a.kind != b.kind || a.step != b.step) return false;
  switch (a.kind) {
    case VerdictKind::kDiverged: return same_divergence(a, b);
    case VerdictKind::kCrashed:
      return a.signature == b.signature && a.end.signal == b.end.signal &&
             a.end.exit_status == b.end.exit_status;
    case VerdictKind::kLimit:
      return a.limit.has_value() == b.limit.has_value() && (!a.limit || a.limit->kind == b.limit->kind);
    case VerdictKind::kUnjudged: return a.reason == b.reason;
    case VerdictKind::kClean:
    case VerdictKind::kInterrupted: return true;
  }
  return false;
}

RepeatedVerdict judge_runs(const std::vector<const Verdict*>& runs) {
  RepeatedVerdict judged;
  judged.runs = runs.size();
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto known = std::find_if(judged.outcomes.begin(), judged.outcomes.end(), [&](const auto& o) {
      return same_outcome(*runs[o.example], *runs[i]);
    });
    if (known == judged.outcomes.end()) {
      judged.outcomes.push_back({i, 1});
    } else {
      ++known->count;
    }
  }
  std::stable_sort(judged.outcomes.begin(), judged.outcomes.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  const auto finding = std::find_if(judged.outcomes.begin(), judged.outcomes.end(), [&](const auto& o) {
    return runs[o.example]->kind != VerdictKind::kClean;
  });
  const auto headline = finding == judged.outcomes.end() ? judged.outcomes.begin() : finding;
  if (headline != judged.outcomes.end()) {
    judged.headline = headline->example;
    judged.agreed = headline->count;
  }
  judged.interval = rate_interval(judged.agreed, judged.runs);
  return judged;
}

}  // namespace recrank
