#include "harness/repeated.h"

#include <gtest/gtest.h>

namespace recrank {
namespace {

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

TEST(RateInterval, IsTheExactOne) {
  // Clopper and Pearson's closed forms for none and all of n.
  EXPECT_NEAR(rate_interval(0, 10).low, 0, 1e-12);
  EXPECT_NEAR(rate_interval(0, 10).high, 0.3085, 1e-4);
  EXPECT_NEAR(rate_interval(11, 11).low, 0.7151, 1e-4);
  EXPECT_NEAR(rate_interval(11, 11).high, 1, 1e-12);
  EXPECT_NEAR(rate_interval(2, 4).low, 0.0676, 1e-4);
  EXPECT_NEAR(rate_interval(2, 4).high, 0.9324, 1e-4);
}

TEST(RateInterval, SaysNothingAboutNoRuns) {
  EXPECT_EQ(rate_interval(0, 0).low, 0);
  EXPECT_EQ(rate_interval(0, 0).high, 1);
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

}  // namespace
}  // namespace recrank
