#include "harness/bisect_rule.h"

#include <algorithm>
#include <cmath>

#include "harness/rate.h"

namespace recrank {
namespace {

// An engine that ends otherwise, or cannot be judged, will hardly change its mind.
constexpr uint64_t kOtherRuns = 3;
constexpr uint64_t kUnjudgedRuns = 2;

}  // namespace

void ProbeTally::add(RunWord word) {
  switch (word) {
    case RunWord::kMet: ++met; break;
    case RunWord::kPassed: ++passed; break;
    case RunWord::kOther: ++other; break;
    case RunWord::kUnjudged: ++unjudged; break;
  }
}

std::string_view to_string(ProbeWord word) {
  switch (word) {
    case ProbeWord::kGood: return "good";
    case ProbeWord::kBad: return "bad";
    case ProbeWord::kOther: return "other";
    case ProbeWord::kSkip: return "skipped";
  }
  return "unknown";
}

double rate_floor_of(const ProbeTally& tally) {
  return rate_interval(tally.met, tally.met + tally.passed + tally.other).low;
}

double chance_missed(double floor, uint64_t passed) {
  return std::pow(1 - std::clamp(floor, 0.0, 1.0), static_cast<double>(passed));
}

uint64_t passes_needed(const ProbeRule& rule) {
  if (!rule.rate_floor || *rule.rate_floor <= 0) return std::min(rule.runs_least, rule.runs_max);
  if (*rule.rate_floor >= 1) return 1;
  const double runs = std::ceil(std::log(rule.miss_chance) / std::log(1 - *rule.rate_floor));
  if (runs >= static_cast<double>(rule.runs_max)) return rule.runs_max;
  return std::max<uint64_t>(1, static_cast<uint64_t>(runs));
}

bool wants_more(const ProbeTally& tally, const ProbeRule& rule, bool learning) {
  if (tally.runs() >= rule.runs_max) return false;
  if (tally.unjudged >= kUnjudgedRuns && tally.unjudged == tally.runs()) return false;
  if (learning) {
    // A finding that always comes is known well enough after a few runs; one that comes sometimes
    // is not, and one that has not come yet may still.
    const bool always = tally.met > 0 && tally.met == tally.runs();
    const bool never = tally.met == 0 && tally.other == 0;
    return !((always || never) && tally.runs() >= rule.runs_least);
  }
  if (tally.met > 0) return false;
  if (tally.other >= kOtherRuns && tally.passed == 0) return false;
  return tally.passed < passes_needed(rule);
}

ProbeWord word_of(const ProbeTally& tally) {
  if (tally.met > 0) return ProbeWord::kBad;
  if (tally.other > 0) return ProbeWord::kOther;
  return tally.passed > 0 ? ProbeWord::kGood : ProbeWord::kSkip;
}

}  // namespace recrank
