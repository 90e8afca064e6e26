#include "harness/shrink/shrink_prober.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/parallel.h"
#include "harness/session/rate_judge.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

std::optional<ProbeAnswer> answer_of(const Tried& tried, HoldRule rule) {
  if (tried.interrupted) return std::nullopt;
  if (!tried.unknown.empty()) return ProbeAnswer::kUnknown;
  RateJudge judge(rule.rate, rule.runs);
  for (uint64_t i = 0; i < tried.tries; ++i) judge.add(i < tried.hits);
  return judge.answer() == true ? ProbeAnswer::kHolds : ProbeAnswer::kFails;
}

}  // namespace

std::vector<uint64_t> ShrinkProber::steps_of(const Kept& kept) const {
  std::vector<uint64_t> steps = items_.forced;
  for (const uint32_t item : kept) steps.push_back(items_.items.at(item));
  std::sort(steps.begin(), steps.end());
  return steps;
}

void ShrinkProber::run_once(const std::vector<uint64_t>& steps, One& one,
                            ObservedRun* observed) const {
  std::vector<MadeStep> made;
  const bool looks = test_ || observed != nullptr;
  const FreeRunResult result = free_run(context_, steps, interrupt_, looks ? &made : nullptr);
  one.steps_run += result.steps_run;
  if (result.end == FreeRunEnd::kInterrupted) {
    one.tried.interrupted = true;
    return;
  }
  ++one.tried.tries;
  if (result.end == FreeRunEnd::kUnanswerable) {
    one.tried.unknown = result.reason;
  } else if (test_) {
    const std::optional<bool> holds = test_(result, made);
    one.tried.interrupted = !holds;
    one.tried.hits += holds.value_or(false);
  } else {
    one.tried.hits +=
        result.end == FreeRunEnd::kFinding && same_crash_or_limit(result.verdict, wanted_);
  }
  if (observed != nullptr) *observed = {result, std::move(made)};
}

ShrinkProber::One ShrinkProber::run_candidate(const Kept& kept, HoldRule rule,
                                              bool to_the_end) const {
  const std::vector<uint64_t> steps = steps_of(kept);
  One one;
  RateJudge judge(rule.rate, rule.runs);
  while (one.tried.tries < rule.runs && (to_the_end || !judge.answer())) {
    const uint64_t before = one.tried.hits;
    run_once(steps, one, nullptr);
    if (one.tried.interrupted || !one.tried.unknown.empty()) break;
    judge.add(one.tried.hits > before);
  }
  RECRANK_LOG(kDebug, "shrink", "tried", {"steps", steps.size()}, {"runs", one.tried.tries},
              {"hits", one.tried.hits}, {"unknown", one.tried.unknown});
  return one;
}

Tried ShrinkProber::try_candidate(const Kept& kept, HoldRule rule, bool to_the_end) const {
  return run_candidate(kept, rule, to_the_end).tried;
}

std::optional<ObservedRun> ShrinkProber::observe(const Kept& kept, uint64_t tries) const {
  const std::vector<uint64_t> steps = steps_of(kept);
  for (uint64_t i = 0; i < tries && !interrupt_.requested(); ++i) {
    One one;
    ObservedRun observed;
    run_once(steps, one, &observed);
    if (one.tried.hits > 0) return observed;
  }
  return std::nullopt;
}

std::vector<std::optional<ProbeAnswer>> ShrinkProber::probe(const std::vector<Kept>& candidates) {
  std::vector<One> results(candidates.size());
  parallel_for(candidates.size(), {.threads = jobs_},
               [&](size_t i) { results[i] = run_candidate(candidates[i], rule_, false); });
  std::vector<std::optional<ProbeAnswer>> answers;
  for (const One& one : results) {
    counts_.runs += one.tried.tries;
    counts_.steps_run += one.steps_run;
    if (!one.tried.unknown.empty()) ++counts_.unknown[one.tried.unknown];
    answers.push_back(answer_of(one.tried, rule_));
  }
  return answers;
}

}  // namespace recrank
