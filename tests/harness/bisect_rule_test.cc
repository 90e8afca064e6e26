#include "harness/bisect_rule.h"

#include <gtest/gtest.h>

namespace recrank {
namespace {

ProbeTally tally(uint64_t met, uint64_t passed, uint64_t other = 0, uint64_t unjudged = 0) {
  return {met, passed, other, unjudged};
}

ProbeRule with_floor(double floor) {
  ProbeRule rule;
  rule.rate_floor = floor;
  return rule;
}

TEST(BisectRule, CallsAnEngineBadAfterOneRunThatShowsTheFinding) {
  EXPECT_EQ(word_of(tally(1, 19)), ProbeWord::kBad);
  EXPECT_FALSE(wants_more(tally(1, 0), with_floor(0.1), false));
}

TEST(BisectRule, CallsAnEngineGoodOnlyWhenLuckIsImprobable) {
  const ProbeRule rule = with_floor(0.478);
  EXPECT_EQ(passes_needed(rule), 5U);
  EXPECT_TRUE(wants_more(tally(0, 4), rule, false));
  EXPECT_FALSE(wants_more(tally(0, 5), rule, false));
  EXPECT_EQ(word_of(tally(0, 5)), ProbeWord::kGood);
  EXPECT_LE(chance_missed(0.478, 5), 0.05);
  EXPECT_GT(chance_missed(0.478, 4), 0.05);
}

TEST(BisectRule, AsksMoreRunsForAFindingThatComesSeldom) {
  ProbeRule rule = with_floor(0.05);
  rule.runs_max = 100;
  EXPECT_EQ(passes_needed(rule), 59U);
  rule.runs_max = 20;
  EXPECT_EQ(passes_needed(rule), 20U);  // and the report says what that is worth
  EXPECT_NEAR(chance_missed(0.05, 20), 0.358, 0.001);
}

TEST(BisectRule, LearnsARateThatIsSteadyQuicklyAndOneThatIsNotSlowly) {
  const ProbeRule rule;
  EXPECT_TRUE(wants_more(tally(4, 0), rule, true));
  EXPECT_FALSE(wants_more(tally(5, 0), rule, true));
  EXPECT_FALSE(wants_more(tally(0, 5), rule, true));
  EXPECT_TRUE(wants_more(tally(2, 3), rule, true));
  EXPECT_TRUE(wants_more(tally(1, 18), rule, true));
  EXPECT_FALSE(wants_more(tally(1, 19), rule, true));
}

TEST(BisectRule, BearsOutARateThatTheRunsReallyShow) {
  EXPECT_NEAR(rate_floor_of(tally(5, 0)), 0.478, 0.001);  // Clopper-Pearson, 5 of 5
  EXPECT_LT(rate_floor_of(tally(1, 19)), 0.05);
  EXPECT_EQ(rate_floor_of(tally(0, 5)), 0);
  // A run that could not be judged tells nothing of the rate.
  EXPECT_EQ(rate_floor_of(tally(5, 0, 0, 3)), rate_floor_of(tally(5, 0)));
}

TEST(BisectRule, NeverCallsAnEngineGoodThatEndsInSomethingElse) {
  EXPECT_EQ(word_of(tally(0, 19, 1)), ProbeWord::kOther);
  EXPECT_FALSE(wants_more(tally(0, 0, 3), with_floor(0.5), false));
  EXPECT_TRUE(wants_more(tally(0, 1, 3), with_floor(0.5), false));
}

TEST(BisectRule, PassesOverAnEngineThatTellsNothing) {
  EXPECT_EQ(word_of(tally(0, 0, 0, 2)), ProbeWord::kSkip);
  EXPECT_EQ(word_of({}), ProbeWord::kSkip);
  EXPECT_FALSE(wants_more(tally(0, 0, 0, 2), with_floor(0.5), false));
}

TEST(BisectRule, NeverAsksForMoreThanTheMost) {
  ProbeRule rule;
  rule.runs_max = 3;
  for (const bool learning : {false, true}) {
    EXPECT_FALSE(wants_more(tally(1, 2), rule, learning));
    EXPECT_FALSE(wants_more(tally(0, 3), rule, learning));
    EXPECT_FALSE(wants_more(tally(0, 0, 3), rule, learning));
  }
}

}  // namespace
}  // namespace recrank
