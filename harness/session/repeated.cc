#include "harness/session/repeated.h"

#include <algorithm>

#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

constexpr double kAlwaysAbove = 2.0 / 3;
constexpr double kKnownWidth = 0.4;

// Which kind of outcome stands for all; among equals the most frequent one.
int weight_class(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::kCrashed:
    case VerdictKind::kDiverged:
    case VerdictKind::kLimit: return 0;
    case VerdictKind::kUnjudged: return 1;
    case VerdictKind::kClean: return 2;
    case VerdictKind::kInterrupted: return 3;
  }
  return 3;
}

}  // namespace

bool same_outcome(const Verdict& a, const Verdict& b) {
  return a.step == b.step && same_finding(a, b) &&
         (a.kind != VerdictKind::kUnjudged || a.reason == b.reason);
}

std::string_view to_string(StopReason reason) {
  switch (reason) {
    case StopReason::kAllRuns: return "as many as asked for";
    case StopReason::kAlwaysAlike: return "every run found the same";
    case StopReason::kRateKnown: return "the rate is known to 20 points";
    case StopReason::kInterrupted: return "interrupted";
    case StopReason::kNotAsked: return "it cannot be judged, however often it runs";
  }
  return "";
}

std::string_view to_string(IntervalKind kind) {
  return kind == IntervalKind::kExact ? "exact" : "anytime";
}

StopReason early_stop(size_t agreed, size_t runs, bool all_clean) {
  if (all_clean || runs == 0) return StopReason::kAllRuns;
  const RateInterval interval = anytime_interval(agreed, runs);
  if (agreed == runs) {
    return interval.low >= kAlwaysAbove ? StopReason::kAlwaysAlike : StopReason::kAllRuns;
  }
  return interval.high - interval.low <= kKnownWidth ? StopReason::kRateKnown
                                                     : StopReason::kAllRuns;
}

size_t earliest_stop() {
  static const size_t kEarliest = [] {
    for (size_t runs = 1;; ++runs) {
      for (size_t agreed = 1; agreed <= runs; ++agreed) {
        if (early_stop(agreed, runs, false) != StopReason::kAllRuns) return runs;
      }
    }
  }();
  return kEarliest;
}

RepeatedVerdict judge_runs(const std::vector<const Verdict*>& runs, RepeatRule rule) {
  RepeatedVerdict judged;
  judged.runs = runs.size();
  judged.asked = rule.runs_max;
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto known =
        std::find_if(judged.outcomes.begin(), judged.outcomes.end(),
                     [&](const auto& o) { return same_outcome(*runs[o.example], *runs[i]); });
    if (known == judged.outcomes.end()) {
      judged.outcomes.push_back({i, 1});
    } else {
      ++known->count;
    }
  }
  std::stable_sort(judged.outcomes.begin(), judged.outcomes.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  const auto headline = std::min_element(
      judged.outcomes.begin(), judged.outcomes.end(), [&](const auto& a, const auto& b) {
        return weight_class(runs[a.example]->kind) < weight_class(runs[b.example]->kind);
      });
  if (headline == judged.outcomes.end()) return judged;
  judged.headline = headline->example;
  judged.agreed = headline->count;
  const bool clean = runs[judged.headline]->kind == VerdictKind::kClean;
  if (rule.early) judged.stopped = early_stop(judged.agreed, judged.runs, clean);
  // With a rule in force the number of runs is not fixed, even where it happens to reach the end.
  const bool fixed = !rule.early || rule.runs_max < earliest_stop() || clean;
  judged.interval_kind = fixed ? IntervalKind::kExact : IntervalKind::kAnytime;
  judged.interval = fixed ? rate_interval(judged.agreed, judged.runs)
                          : anytime_interval(judged.agreed, judged.runs);
  return judged;
}

RepeatedVerdict judge_runs(const std::vector<const Verdict*>& runs) {
  return judge_runs(runs, {runs.size(), false});
}

}  // namespace recrank
