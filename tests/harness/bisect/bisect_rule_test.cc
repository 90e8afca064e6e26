#include "harness/bisect/bisect_rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "harness/session/rate.h"

namespace recrank {
namespace bisect_rule_test {

const BisectRule kRule;

ProbeTally tally(uint64_t met, uint64_t passed, uint64_t other = 0) {
  ProbeTally made;
  made.met = met;
  made.passed = passed;
  made.other = other;
  return made;
}

// What the bad end's runs come to when each hits with chance `p`: the chance that the rate that is
// given in the end is above the true one. Exact, over all states (hits, runs).
double chance_of_too_high_a_rate(double p) {
  std::map<uint64_t, double> states{{0, 1.0}};
  double wrong = 0;
  for (uint64_t runs = 0;; ++runs) {
    std::map<uint64_t, double> going;
    for (const auto& [hits, chance] : states) {
      if (bad_end_is_known(hits, runs, kRule)) {
        if (least_rate(hits, runs) > p) wrong += chance;
        continue;
      }
      going[hits + 1] += chance * p;
      going[hits] += chance * (1 - p);
    }
    if (going.empty()) return wrong;
    states = std::move(going);
  }
}

TEST(BisectRule, TheRateOfTheBadEndIsTooHighInOneCaseOfTwentyAtMost) {
  double worst = 0;
  for (int i = 1; i < 200; ++i) worst = std::max(worst, chance_of_too_high_a_rate(i / 200.0));
  EXPECT_LE(worst, 0.05);
  EXPECT_GT(worst, 0.01);  // the bound is not so weak that it says nothing
}

TEST(BisectRule, AFindingThatComesEveryTimeCostsFewRuns) {
  EXPECT_FALSE(bad_end_is_known(4, 4, kRule));
  ASSERT_TRUE(bad_end_is_known(5, 5, kRule));
  const uint64_t needed = misses_needed(least_rate(5, 5), kRule);
  EXPECT_EQ(needed, 5U);
  EXPECT_EQ(judge_probe(tally(0, needed - 1), least_rate(5, 5), kRule), ProbeWord::kMore);
  EXPECT_EQ(judge_probe(tally(0, needed), least_rate(5, 5), kRule), ProbeWord::kGood);
}

TEST(BisectRule, AGoodEngineWouldHaveMissedTheFindingWithTheChanceAllowedAtMost) {
  for (uint64_t runs = 5; runs <= 60; ++runs) {
    for (uint64_t hits = 1; hits <= runs; ++hits) {
      const double rate = least_rate(hits, runs);
      const uint64_t needed = misses_needed(rate, kRule);
      ASSERT_GT(needed, 0U);
      EXPECT_LE(miss_chance(rate, needed), kRule.miss_max + 1e-9) << hits << " of " << runs;
      if (needed > 1) {
        EXPECT_GT(miss_chance(rate, needed - 1), kRule.miss_max - 1e-9);
      }
    }
  }
}

TEST(BisectRule, ACrashSeenIsACrash) {
  EXPECT_EQ(judge_probe(tally(1, 0), 0.5, kRule), ProbeWord::kBad);
  EXPECT_EQ(judge_probe(tally(1, 40, 3), 0.01, kRule), ProbeWord::kBad);
}

TEST(BisectRule, WhatEndsOtherwiseIsNeitherGoodNorBad) {
  EXPECT_EQ(judge_probe(tally(0, 0, 3), 0.01, kRule), ProbeWord::kOther);
  EXPECT_EQ(judge_probe(tally(0, 0, 2), 0.5, kRule), ProbeWord::kMore);
  EXPECT_EQ(judge_probe(tally(0, 9, 1), 0.5, kRule), ProbeWord::kOther);
}

TEST(BisectRule, TooRareAFindingIsNotDecidedAndCostsFewRuns) {
  const double rate = least_rate(1, 60);
  ASSERT_GT(misses_needed(rate, kRule), kRule.runs_max);
  EXPECT_EQ(judge_probe(tally(0, kRunsLeast), rate, kRule), ProbeWord::kUndecided);
  EXPECT_EQ(judge_probe(tally(0, kRunsLeast), 0, kRule), ProbeWord::kUndecided);
}

// How often a bisection at that rate would be undecided again with the runs that were named.
double chance_that_it_does_not_do(double p, uint64_t hits_seen, uint64_t runs_seen) {
  BisectRule rule;
  rule.runs_max = runs_that_would_do(tally(hits_seen, runs_seen - hits_seen), 4, kRule);
  std::map<uint64_t, double> states{{0, 1.0}};
  double short_of = 0;
  for (uint64_t runs = 0;; ++runs) {
    std::map<uint64_t, double> going;
    for (const auto& [hits, chance] : states) {
      if (bad_end_is_known(hits, runs, rule)) {
        const uint64_t needed = misses_needed(least_rate(hits, runs), rule);
        if (needed == 0 || needed > rule.runs_max) short_of += chance;
        continue;
      }
      going[hits + 1] += chance * p;
      going[hits] += chance * (1 - p);
    }
    if (going.empty()) return short_of;
    states = std::move(going);
  }
}

TEST(BisectRule, TheRunsThatAreNamedWouldDoInMostCases) {
  EXPECT_LT(chance_that_it_does_not_do(0.15, 9, 60), 0.1);
  EXPECT_LT(chance_that_it_does_not_do(0.15, 12, 60), 0.25);  // seen more often than it comes
  EXPECT_LT(chance_that_it_does_not_do(0.05, 3, 60), 0.1);
  const uint64_t enough = runs_that_would_do(tally(9, 51), 4, kRule);
  EXPECT_GT(enough, 100U);
  EXPECT_LT(enough, 400U);
  EXPECT_EQ(runs_that_would_do(tally(0, 10'000), 1, kRule), kRunsMost);
}

TEST(BisectRule, WhatCannotBeJudgedIsNotRunAgainAndAKilledRunIs) {
  ProbeTally unjudged;
  unjudged.unjudged = 1;
  EXPECT_EQ(judge_probe(unjudged, 0.5, kRule), ProbeWord::kUnjudged);
  ProbeTally killed;
  killed.killed = kKilledMax - 1;
  EXPECT_EQ(judge_probe(killed, 0.5, kRule), ProbeWord::kMore);
  ++killed.killed;
  EXPECT_EQ(judge_probe(killed, 0.5, kRule), ProbeWord::kUnjudged);
}

TEST(BisectRule, OneRunEachTakesTheFindingToComeEveryTime) {
  BisectRule once;
  once.runs_max = 1;
  EXPECT_TRUE(bad_end_is_known(0, 0, once));
  EXPECT_EQ(judge_probe(tally(0, 1), 0, once), ProbeWord::kGood);
  EXPECT_EQ(judge_probe(tally(0, 0, 1), 0, once), ProbeWord::kOther);
}

TEST(BisectRule, AnyNumberOfRunsComesToAWord) {
  for (const double rate : {0.0, 0.004, 0.05, 0.3, 0.5, 1.0}) {
    for (const uint64_t others : {0U, 1U, 2U}) {
      ProbeTally all = tally(0, 0, others);
      while (judge_probe(all, rate, kRule) == ProbeWord::kMore)
        ASSERT_LE(++all.passed, kRule.runs_max);
    }
  }
}

}  // namespace bisect_rule_test
}  // namespace recrank
