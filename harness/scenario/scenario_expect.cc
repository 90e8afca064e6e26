#include "harness/scenario/scenario_expect.h"

#include <algorithm>

#include "base/text.h"
#include "harness/report/repeat_report.h"
#include "harness/scenario/known_findings.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr size_t kOutcomesShown = 5;

// Why one run is not as expected; empty: it is.
std::string mismatch(const ExpectedVerdict& expected, const Verdict& found) {
  const std::string kind(to_string(found.kind));
  if (kind != expected.kind) return kind + ", not " + expected.kind;
  if (expected.step && found.step != expected.step) {
    return (found.step ? "at step " + std::to_string(*found.step)
                       : std::string("before its first step")) +
           ", not at " + std::to_string(*expected.step);
  }
  if (!expected.field.empty()) {
    const bool there = std::any_of(found.divergences.begin(), found.divergences.end(),
                                   [&](const Divergence& each) {
                                     return field_name(each) == expected.field &&
                                            (!expected.step || each.step == *expected.step);
                                   });
    if (!there) return "another field differs, not " + expected.field;
  }
  if (!expected.signature.empty() && !matches_pattern(expected.signature, found.signature)) {
    return (found.signature.empty() ? std::string("it has no signature")
                                    : "its signature is " + found.signature) +
           ", not " + expected.signature;
  }
  const std::string limit(found.limit ? to_string(found.limit->kind) : std::string_view());
  if (expected.limit && limit != *expected.limit)
    return "the limit is " + limit + ", not " + *expected.limit;
  if (expected.as_recorded && found.as_recorded != *expected.as_recorded) {
    return found.as_recorded ? "the recording holds this same failure"
                             : "the recording does not hold this failure";
  }
  return {};
}

struct Counts {
  size_t hits = 0;
  size_t unjudged = 0;
  size_t all = 0;
  bool interrupted = false;
};

Counts count(const ExpectedVerdict& expected, const std::vector<CountedVerdict>& outcomes) {
  Counts counts;
  for (const auto& [verdict, times] : outcomes) {
    counts.all += times;
    if (verdict->kind == VerdictKind::kInterrupted) counts.interrupted = true;
    else if (verdict->kind == VerdictKind::kUnjudged) counts.unjudged += times;
    else if (is_as_expected(expected, *verdict)) counts.hits += times;
  }
  return counts;
}

bool has_rate(const ExpectedVerdict& expected) {
  return expected.rate_at_least || expected.rate_at_most;
}

struct Bounds {
  double least = 1;
  double most = 1;
};

Bounds bounds_of(const ExpectedVerdict& expected) {
  if (!has_rate(expected)) return {};
  return {expected.rate_at_least.value_or(0), expected.rate_at_most.value_or(1)};
}

bool within(Bounds bounds, size_t hits, size_t runs) {
  const double rate = static_cast<double>(hits) / static_cast<double>(runs);
  return rate >= bounds.least && rate <= bounds.most;
}

std::string of_runs(size_t times, size_t all) { return " in " + counted_of(times, all, "run"); }

std::string interval_words(RateInterval interval) {
  return "95 % interval " + percent(interval.low) + " to " + percent(interval.high);
}

// "crashed at step 7: SIGSEGV (SIGSEGV null f<g) in 4 of 5 runs; clean in 1 of 5 runs".
std::string found_words(const std::vector<CountedVerdict>& outcomes, size_t all) {
  std::string words;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (i == kOutcomesShown) return words + "; and " + counted(outcomes.size() - i, "other");
    const Verdict& verdict = *outcomes[i].first;
    words += (i == 0 ? "" : "; ") + headline(verdict);
    if (!verdict.signature.empty()) words += " (" + verdict.signature + ")";
    if (all > 1) words += of_runs(outcomes[i].second, all);
  }
  return words;
}

std::string unjudged_reason(const std::vector<CountedVerdict>& outcomes) {
  for (const auto& [verdict, times] : outcomes) {
    if (verdict->kind == VerdictKind::kUnjudged) return verdict->reason;
  }
  return {};
}

std::string first_mismatch(const ExpectedVerdict& expected,
                           const std::vector<CountedVerdict>& outcomes) {
  for (const auto& [verdict, times] : outcomes) {
    if (verdict->kind == VerdictKind::kUnjudged) continue;
    if (std::string why = mismatch(expected, *verdict); !why.empty()) return why;
  }
  return {};
}

// Why a rate is out of bounds, and whether chance may have done it.
std::string rate_words(const ExpectedVerdict& expected, const Counts& counts) {
  const Bounds bounds = bounds_of(expected);
  const RateInterval interval = rate_interval(counts.hits, counts.all);
  const bool excluded = interval.high < bounds.least || interval.low > bounds.most;
  return "it came" + of_runs(counts.hits, counts.all) + ": " + interval_words(interval) +
         (excluded ? ", which excludes what is expected"
                   : ", which does not exclude what is expected: more runs (repeat) tell");
}

std::string why_otherwise(const ExpectedVerdict& expected,
                          const std::vector<CountedVerdict>& outcomes, const Counts& counts) {
  if (has_rate(expected)) return rate_words(expected, counts);
  std::string why = first_mismatch(expected, outcomes);
  const size_t judged_otherwise = counts.all - counts.unjudged - counts.hits;
  if (counts.all > 1) why += of_runs(judged_otherwise, counts.all);
  return why;
}

}  // namespace

bool is_as_expected(const ExpectedVerdict& expected, const Verdict& found) {
  return mismatch(expected, found).empty();
}

std::string to_words(const ExpectedVerdict& expected) {
  std::string words = expected.kind;
  if (expected.step) words += " at step " + std::to_string(*expected.step);
  if (!expected.field.empty()) words += ", " + expected.field;
  if (expected.limit) words += ", " + *expected.limit;
  if (!expected.signature.empty()) words += ", " + expected.signature;
  if (expected.as_recorded) words += *expected.as_recorded ? ", as recorded" : ", not as recorded";
  if (expected.rate_at_least)
    words += ", in " + percent(*expected.rate_at_least) + " of the runs or more";
  if (expected.rate_at_most)
    words += ", in " + percent(*expected.rate_at_most) + " of the runs or less";
  return words;
}

CaseJudgement judge_outcomes(const ExpectedVerdict& expected,
                             const std::vector<CountedVerdict>& outcomes) {
  const Counts counts = count(expected, outcomes);
  CaseJudgement judgement;
  judgement.found = found_words(outcomes, counts.all);
  if (counts.interrupted) {
    judgement.outcome = CaseOutcome::kInterrupted;
    judgement.why = "interrupted";
    return judgement;
  }
  if (counts.all == counts.unjudged) {
    judgement.why = counts.all == 0 ? "it was not run" : unjudged_reason(outcomes);
    return judgement;
  }
  const Bounds bounds = bounds_of(expected);
  size_t good = 0;  // of the ways in which the runs that were not judged might have gone
  for (size_t hits = counts.hits; hits <= counts.hits + counts.unjudged; ++hits) {
    if (within(bounds, hits, counts.all)) ++good;
  }
  if (good == counts.unjudged + 1) {
    judgement.outcome = CaseOutcome::kAsExpected;
    if (has_rate(expected)) {
      judgement.found += " (" + interval_words(rate_interval(counts.hits, counts.all)) + ")";
    }
  } else if (good == 0) {
    judgement.outcome = CaseOutcome::kOtherwise;
    judgement.why = why_otherwise(expected, outcomes, counts);
  } else {
    judgement.why = std::to_string(counts.unjudged) + " of " + std::to_string(counts.all) +
                    " runs could not be judged: " + unjudged_reason(outcomes);
  }
  return judgement;
}

CaseJudgement judge_case(const ExpectedVerdict& expected, const SubjectSession& session) {
  std::vector<CountedVerdict> outcomes;
  for (size_t i = 0; i < session.outcome_verdicts.size(); ++i) {
    outcomes.emplace_back(&session.outcome_verdicts[i], session.repeated.outcomes[i].count);
  }
  CaseJudgement judgement = judge_outcomes(expected, outcomes);
  const ReplayResult& result = session.report.result;
  if (session.repeated.stopped == StopReason::kInterrupted) {
    return {CaseOutcome::kInterrupted, judgement.found, "interrupted"};
  }
  if (result.verdict.kind == VerdictKind::kClean && result.compared.total() == 0) {
    return {CaseOutcome::kNotJudged, judgement.found, "nothing was compared"};
  }
  return judgement;
}

}  // namespace recrank
