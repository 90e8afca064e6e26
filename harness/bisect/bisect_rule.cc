#include "harness/bisect/bisect_rule.h"

#include <algorithm>
#include <cmath>

#include "harness/session/rate.h"

namespace recrank {
namespace {

constexpr double kNeverMissed = 1 - 1e-12;

}  // namespace

double least_rate(uint64_t hits, uint64_t runs) {
  if (hits == 0) return 0;
  // The first look has a level of its own (its lower end is at 97.5 %): both looks together stay
  // below 5 %, which a test computes.
  if (hits == runs && runs <= kBadEndRuns) return rate_interval(hits, runs).low;
  return anytime_interval(hits, runs).low;
}

uint64_t misses_needed(double least_rate, const BisectRule& rule) {
  if (rule.runs_max == 1) return 1;
  if (least_rate <= 0) return 0;
  if (least_rate >= kNeverMissed) return 1;
  return static_cast<uint64_t>(
      std::max(1.0, std::ceil(std::log(rule.miss_max) / std::log1p(-least_rate) - 1e-9)));
}

uint64_t runs_that_would_do(const ProbeTally& bad, uint64_t goods, const BisectRule& rule) {
  // The run that met it first counts here: where it was the only one, it is all that there is.
  const auto seen = static_cast<double>(bad.met + 1) / static_cast<double>(bad.judged() + 1);
  const double spread = std::sqrt(seen * (1 - seen) / static_cast<double>(bad.judged() + 1));
  // Not the rate that was seen: of two searches one would come to fewer hits than that.
  const double rate = std::max(seen / 2, seen - spread);
  BisectRule strict = rule;
  strict.miss_max /= static_cast<double>(std::max<uint64_t>(1, goods));
  constexpr uint64_t kStep = 10;
  for (uint64_t runs = kStep; runs < kRunsMost; runs += kStep) {
    const auto hits = static_cast<uint64_t>(rate * static_cast<double>(runs));
    const uint64_t needed = misses_needed(least_rate(hits, runs), strict);
    if (needed != 0 && needed <= runs) return runs;
  }
  return kRunsMost;
}

double miss_chance(double least_rate, uint64_t runs) {
  return std::pow(1 - std::clamp(least_rate, 0.0, 1.0), static_cast<double>(runs));
}

bool bad_end_is_known(uint64_t hits, uint64_t runs, const BisectRule& rule) {
  if (rule.runs_max == 1) return true;
  if (runs >= rule.runs_max) return true;
  if (runs < kBadEndRuns) return false;
  if (runs == kBadEndRuns) return hits == runs;
  const uint64_t needed = misses_needed(least_rate(hits, runs), rule);
  return needed != 0 && needed <= runs;
}

ProbeWord judge_probe(const ProbeTally& tally, double least_rate, const BisectRule& rule) {
  if (tally.met > 0) return ProbeWord::kBad;
  if (tally.unjudged > 0 || tally.killed >= kKilledMax) return ProbeWord::kUnjudged;
  const uint64_t needed = misses_needed(least_rate, rule);
  const uint64_t others_needed = rule.runs_max == 1 ? 1 : std::min(rule.runs_max, kOthersEnough);
  if (tally.passed == 0 && tally.other >= others_needed) return ProbeWord::kOther;
  const bool enough = needed != 0 && tally.judged() >= needed;
  if (enough) return tally.other == 0 ? ProbeWord::kGood : ProbeWord::kOther;
  // Where even all the runs that are allowed cannot decide, the first few show what is to be seen.
  const bool hopeless = needed == 0 || needed > rule.runs_max;
  const uint64_t last = hopeless ? std::min(rule.runs_max, kRunsLeast) : rule.runs_max;
  if (tally.judged() < last) return ProbeWord::kMore;
  return tally.other == 0 ? ProbeWord::kUndecided : ProbeWord::kOther;
}

}  // namespace recrank
