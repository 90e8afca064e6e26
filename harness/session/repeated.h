// One verdict from several runs of the same replay, and when enough runs have been made.
//
// Runs count in the order of their numbers, never in the order in which they end. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/session/rate.h"
#include "replay/verdict.h"

namespace recrank {

struct OutcomeCount {
  size_t example = 0;  // index of the first run with this outcome
  size_t count = 0;
};

struct RepeatRule {
  size_t runs_max = 1;
  bool early = false;  // stop before runs_max when the answer is clear
};

// Why no more runs were made.
enum class StopReason {
  kAllRuns,      // as many as were asked for
  kAlwaysAlike,  // one and the same finding every time, so often that its rate is high
  kRateKnown,    // sometimes so, sometimes otherwise, and the rate's interval is narrow
  kInterrupted,
  kNotAsked,  // the evidence is damaged or cannot be replayed: repetition tells nothing
};
// In words: "every run found the same".
[[nodiscard]] std::string_view to_string(StopReason reason);

enum class IntervalKind {
  kExact,    // Clopper-Pearson: the rule had no chance to stop earlier
  kAnytime,  // holds although the outcomes had a say in when to stop
};
[[nodiscard]] std::string_view to_string(IntervalKind kind);

struct RepeatedVerdict {
  size_t runs = 0;
  size_t headline = 0;    // index of the run that stands for all
  size_t agreed = 0;      // runs with the headline's outcome
  RateInterval interval;  // of agreed / runs, 95 %
  IntervalKind interval_kind = IntervalKind::kExact;
  std::vector<OutcomeCount> outcomes;  // most frequent first
  size_t asked = 0;                    // runs that were asked for
  StopReason stopped = StopReason::kAllRuns;
};

// True when both found the same: kind, step, and how it ended or differed there; of crashes, the
// signature too. Hangs are one sample each: their signatures are not compared.
[[nodiscard]] bool same_outcome(const Verdict& a, const Verdict& b);

// The headline is the most frequent finding; clean only when every run was clean, since a crash in
// two of four runs is a crash. A finding stands before "unjudged".
[[nodiscard]] RepeatedVerdict judge_runs(const std::vector<const Verdict*>& runs, RepeatRule rule);
[[nodiscard]] RepeatedVerdict judge_runs(const std::vector<const Verdict*>& runs);

// The answer is clear: the headline was met every time and its rate is above two thirds (15 runs),
// or it was met sometimes and the interval is no wider than 0.4. Runs that are all clean are never
// enough: each further one lowers the rate that they exclude.
[[nodiscard]] StopReason early_stop(size_t agreed, size_t runs, bool all_clean);

// Runs after which early_stop can say so for the first time, whatever the outcomes are.
[[nodiscard]] size_t earliest_stop();

}  // namespace recrank
