#include "harness/session/repeated.h"

#include <gtest/gtest.h>

namespace recrank {
namespace repeated_test {

Verdict clean() {
  Verdict verdict;
  verdict.kind = VerdictKind::kClean;
  return verdict;
}

Verdict crashed_at(uint64_t step, int signal) {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.step = step;
  verdict.end.signal = signal;
  return verdict;
}

TEST(Repeated, OneCrashAmongCleanRunsIsACrash) {
  const Verdict good = clean();
  const Verdict bad = crashed_at(9, 11);
  const auto judged = judge_runs({&good, &good, &bad, &good});
  EXPECT_EQ(judged.headline, 2U);
  EXPECT_EQ(judged.agreed, 1U);
  EXPECT_EQ(judged.runs, 4U);
  ASSERT_EQ(judged.outcomes.size(), 2U);
  EXPECT_EQ(judged.outcomes[0].count, 3U);
}

TEST(Repeated, TheMoreFrequentFindingStandsForAll) {
  const Verdict early = crashed_at(3, 11);
  const Verdict late = crashed_at(9, 11);
  const auto judged = judge_runs({&early, &late, &late});
  EXPECT_EQ(judged.headline, 1U);
  EXPECT_EQ(judged.agreed, 2U);
}

TEST(Repeated, AnotherSignalIsAnotherOutcome) {
  EXPECT_FALSE(same_outcome(crashed_at(3, 11), crashed_at(3, 6)));
  EXPECT_TRUE(same_outcome(crashed_at(3, 11), crashed_at(3, 11)));
}

// `hits` crashes first, then clean runs.
RepeatedVerdict judged(size_t hits, size_t runs, RepeatRule rule) {
  const Verdict bad = crashed_at(9, 11);
  const Verdict good = clean();
  std::vector<const Verdict*> all(runs, &good);
  std::fill_n(all.begin(), hits, &bad);
  return judge_runs(all, rule);
}

TEST(RepeatRule, StopsWhenFifteenRunsAllFoundTheSame) {
  EXPECT_EQ(judged(14, 14, {100, true}).stopped, StopReason::kAllRuns);
  const RepeatedVerdict enough = judged(15, 15, {100, true});
  EXPECT_EQ(enough.stopped, StopReason::kAlwaysAlike);
  EXPECT_EQ(enough.interval_kind, IntervalKind::kAnytime);
  EXPECT_GT(enough.interval.low, 2.0 / 3);
  EXPECT_EQ(enough.asked, 100U);
}

TEST(RepeatRule, StopsWhenTheRateIsKnown) {
  EXPECT_EQ(judged(27, 54, {100, true}).stopped, StopReason::kAllRuns);
  EXPECT_EQ(judged(28, 57, {100, true}).stopped, StopReason::kRateKnown);
}

TEST(RepeatRule, NeverStopsCleanRuns) {
  EXPECT_EQ(judged(0, 5000, {100'000, true}).stopped, StopReason::kAllRuns);
  EXPECT_EQ(early_stop(1000, 1000, true), StopReason::kAllRuns);
}

TEST(RepeatRule, DoesNotStopWhenToldToMakeAllRuns) {
  const RepeatedVerdict all = judged(50, 50, {100, false});
  EXPECT_EQ(all.stopped, StopReason::kAllRuns);
  EXPECT_EQ(all.interval_kind, IntervalKind::kExact);
}

TEST(RepeatRule, IsExactWhereItCouldNotHaveStoppedBefore) {
  EXPECT_EQ(earliest_stop(), 15U);
  EXPECT_EQ(judged(4, 4, {4, true}).interval_kind, IntervalKind::kExact);
  EXPECT_EQ(judged(10, 20, {20, true}).interval_kind, IntervalKind::kAnytime);
  EXPECT_EQ(judged(0, 20, {20, true}).interval_kind, IntervalKind::kExact);  // clean never stops
}

TEST(Repeated, AFindingStandsBeforeRunsThatSomebodyKilled) {
  Verdict killed;
  killed.reason = "killed from outside";
  const Verdict bad = crashed_at(9, 11);
  EXPECT_EQ(judge_runs({&killed, &killed, &bad}).headline, 2U);
}

TEST(Repeated, AnotherSignatureOrStepIsAnotherOutcome) {
  Verdict sweep = crashed_at(3, 11);
  sweep.signature = "SIGSEGV null fxSweep<fxCollect";
  Verdict mark = crashed_at(3, 11);
  mark.signature = "SIGSEGV null fxMark<fxCollect";
  EXPECT_TRUE(same_outcome(sweep, sweep));
  EXPECT_FALSE(same_outcome(sweep, mark));
  Verdict later = sweep;
  later.step = 4;
  EXPECT_FALSE(same_outcome(sweep, later));
}

}  // namespace repeated_test
}  // namespace recrank
