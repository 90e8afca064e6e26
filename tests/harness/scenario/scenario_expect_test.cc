#include "harness/scenario/scenario_expect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace recrank {
namespace scenario_expect_test {

using testing::HasSubstr;

Verdict clean() {
  Verdict verdict;
  verdict.kind = VerdictKind::kClean;
  return verdict;
}

Verdict crashed(uint64_t step, const std::string& signature) {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.step = step;
  verdict.signature = signature;
  verdict.end.signal = 11;
  verdict.end.meaning = "SIGSEGV";
  return verdict;
}

Verdict diverged(uint64_t step, Field field) {
  Verdict verdict;
  verdict.kind = VerdictKind::kDiverged;
  verdict.step = step;
  verdict.divergences = {{step, field, {}, "a", "b"}};
  verdict.divergence_count = 1;
  return verdict;
}

Verdict limited(LimitKind kind, bool as_recorded) {
  Verdict verdict;
  verdict.kind = VerdictKind::kLimit;
  verdict.step = 8;
  verdict.limit = StepLimit{kind, "5 s", "", {}};
  verdict.as_recorded = as_recorded;
  return verdict;
}

Verdict unjudged() {
  Verdict verdict;
  verdict.kind = VerdictKind::kUnjudged;
  verdict.reason = "the evidence is damaged";
  return verdict;
}

ExpectedVerdict expect(const std::string& kind) {
  ExpectedVerdict expected;
  expected.kind = kind;
  return expected;
}

// The given verdicts, each so many times.
CaseJudgement judge(const ExpectedVerdict& expected,
                    const std::vector<std::pair<Verdict, size_t>>& runs) {
  std::vector<CountedVerdict> outcomes;
  for (const auto& [verdict, times] : runs) outcomes.emplace_back(&verdict, times);
  return judge_outcomes(expected, outcomes);
}

TEST(ScenarioExpect, WhatIsNotSaidIsNotAsked) {
  EXPECT_TRUE(is_as_expected(expect("crashed"), crashed(7, "SIGSEGV null f")));
  EXPECT_FALSE(is_as_expected(expect("crashed"), clean()));
  EXPECT_FALSE(is_as_expected(expect("clean"), crashed(7, "")));
  EXPECT_FALSE(is_as_expected(expect("limit"), crashed(7, "")));
}

TEST(ScenarioExpect, EveryMemberThatIsSaidCounts) {
  ExpectedVerdict expected = expect("crashed");
  expected.step = 7;
  expected.signature = "SIGSEGV null f<*";
  EXPECT_TRUE(is_as_expected(expected, crashed(7, "SIGSEGV null f<g")));
  EXPECT_FALSE(is_as_expected(expected, crashed(8, "SIGSEGV null f<g")));
  EXPECT_FALSE(is_as_expected(expected, crashed(7, "SIGSEGV wild f<g")));
  EXPECT_FALSE(is_as_expected(expected, crashed(7, "")));

  ExpectedVerdict differing = expect("diverged");
  differing.field = "syscall wrong";
  EXPECT_TRUE(is_as_expected(differing, diverged(3, Field::kSyscallWrong)));
  EXPECT_FALSE(is_as_expected(differing, diverged(3, Field::kResult)));

  ExpectedVerdict limit = expect("limit");
  limit.limit = "computrons";
  limit.as_recorded = true;
  EXPECT_TRUE(is_as_expected(limit, limited(LimitKind::kComputrons, true)));
  EXPECT_FALSE(is_as_expected(limit, limited(LimitKind::kComputrons, false)));
  EXPECT_FALSE(is_as_expected(limit, limited(LimitKind::kStepWall, true)));
}

TEST(ScenarioExpect, OfSeveralDifferencesTheOneAtTheStepCounts) {
  Verdict several = diverged(3, Field::kResult);
  several.divergences.push_back({9, Field::kComputrons, {}, "1", "2"});
  ExpectedVerdict expected = expect("diverged");
  expected.step = 3;
  expected.field = "computrons";
  EXPECT_FALSE(is_as_expected(expected, several));
  expected.field = "result";
  EXPECT_TRUE(is_as_expected(expected, several));
}

// The crash of 2021 comes in 47 of 54 replays on engines of its time.
TEST(ScenarioExpect, TheShippedScenarioOfAFlakyCrashIsSeldomRedByChance) {
  const Scenario shipped = load_scenario(RECRANK_SOURCE_DIR "/scenarios/agoric-3085-bank-vat");
  ASSERT_EQ(shipped.expect.size(), 1U);
  const double rate = 47.0 / 54;
  double red = 0;
  double ways = 1;
  for (uint64_t hits = 0; hits <= shipped.repeat; ++hits) {
    const uint64_t misses = shipped.repeat - hits;
    const CaseJudgement judged = judge(shipped.expect.front().verdict,
                                       {{crashed(4310, "SIGSEGV x"), hits}, {clean(), misses}});
    if (judged.outcome != CaseOutcome::kAsExpected)
      red += ways * std::pow(rate, hits) * std::pow(1 - rate, misses);
    ways *= static_cast<double>(misses) / static_cast<double>(hits + 1);
  }
  EXPECT_LT(red, 0.01);
  // It can fail all the same: an engine that is mended, or shows it by a rare chance.
  EXPECT_NE(judge(shipped.expect.front().verdict, {{crashed(4310, "SIGSEGV x"), 1}, {clean(), 4}})
                .outcome,
            CaseOutcome::kAsExpected);
}

TEST(ScenarioExpect, WithoutARateEveryRunMustBeSo) {
  const Verdict crash = crashed(7, "s");
  EXPECT_EQ(judge(expect("crashed"), {{crash, 5}}).outcome, CaseOutcome::kAsExpected);
  const CaseJudgement once = judge(expect("crashed"), {{crash, 4}, {clean(), 1}});
  EXPECT_EQ(once.outcome, CaseOutcome::kOtherwise);
  EXPECT_EQ(once.why, "clean, not crashed in 1 of 5 runs");
}

TEST(ScenarioExpect, ARateIsThatOfTheRunsAndItsIntervalIsTold) {
  ExpectedVerdict expected = expect("crashed");
  expected.rate_at_least = 0.9;
  const Verdict crash = crashed(7, "s");
  const CaseJudgement good = judge(expected, {{crash, 9}, {clean(), 1}});
  EXPECT_EQ(good.outcome, CaseOutcome::kAsExpected);  // 9 of 10 is 0.9, not a hair less
  EXPECT_THAT(good.found, HasSubstr("95 % interval 55 % to 100 %"));
  EXPECT_EQ(good.why, "");

  const CaseJudgement unlucky = judge(expected, {{crash, 8}, {clean(), 2}});
  EXPECT_EQ(unlucky.outcome, CaseOutcome::kOtherwise);
  EXPECT_THAT(unlucky.why, HasSubstr("does not exclude what is expected"));
  const CaseJudgement gone = judge(expected, {{crash, 1}, {clean(), 19}});
  EXPECT_EQ(gone.outcome, CaseOutcome::kOtherwise);
  EXPECT_THAT(gone.why, HasSubstr("which excludes what is expected"));
}

TEST(ScenarioExpect, AnUpperBoundAloneSaysWhatMustNotBeSeen) {
  ExpectedVerdict expected = expect("crashed");
  expected.rate_at_most = 0;
  EXPECT_EQ(judge(expected, {{clean(), 3}}).outcome, CaseOutcome::kAsExpected);
  EXPECT_EQ(judge(expected, {{diverged(3, Field::kResult), 3}}).outcome, CaseOutcome::kAsExpected);
  EXPECT_EQ(judge(expected, {{clean(), 2}, {crashed(1, ""), 1}}).outcome, CaseOutcome::kOtherwise);
}

TEST(ScenarioExpect, RunsThatCouldNotBeJudgedNeverMakeAnAnswer) {
  const Verdict crash = crashed(7, "s");
  const CaseJudgement open = judge(expect("crashed"), {{crash, 4}, {unjudged(), 1}});
  EXPECT_EQ(open.outcome, CaseOutcome::kNotJudged);
  EXPECT_EQ(open.why, "1 of 5 runs could not be judged: the evidence is damaged");
  EXPECT_EQ(judge(expect("crashed"), {{unjudged(), 5}}).outcome, CaseOutcome::kNotJudged);
  EXPECT_EQ(judge(expect("clean"), {}).outcome, CaseOutcome::kNotJudged);
  // Whatever they had shown, one of the others is otherwise.
  EXPECT_EQ(judge(expect("crashed"), {{clean(), 1}, {unjudged(), 4}}).outcome,
            CaseOutcome::kOtherwise);
  ExpectedVerdict rate = expect("crashed");
  rate.rate_at_least = 0.5;
  EXPECT_EQ(judge(rate, {{crash, 3}, {unjudged(), 1}, {clean(), 1}}).outcome,
            CaseOutcome::kAsExpected);
  EXPECT_EQ(judge(rate, {{crash, 2}, {unjudged(), 1}, {clean(), 2}}).outcome,
            CaseOutcome::kNotJudged);
  ExpectedVerdict never = expect("crashed");
  never.rate_at_most = 0;
  EXPECT_EQ(judge(never, {{unjudged(), 3}}).outcome, CaseOutcome::kNotJudged);
}

TEST(ScenarioExpect, AnInterruptedRunMakesTheCaseInterrupted) {
  Verdict interrupted;
  interrupted.kind = VerdictKind::kInterrupted;
  EXPECT_EQ(judge(expect("clean"), {{interrupted, 1}}).outcome, CaseOutcome::kInterrupted);
}

SubjectSession session_of(const Verdict& verdict, uint64_t results) {
  SubjectSession session;
  session.report.result.verdict = verdict;
  session.report.result.compared.results = results;
  session.outcome_verdicts = {verdict};
  session.repeated.outcomes = {{0, 1}};
  session.repeated.runs = 1;
  return session;
}

TEST(ScenarioExpect, ACleanSessionThatComparedNothingIsNotJudged) {
  EXPECT_EQ(judge_case(expect("clean"), session_of(clean(), 3)).outcome, CaseOutcome::kAsExpected);
  EXPECT_EQ(judge_case(expect("clean"), session_of(clean(), 0)).outcome, CaseOutcome::kNotJudged);
  SubjectSession stopped = session_of(clean(), 3);
  stopped.repeated.stopped = StopReason::kInterrupted;
  EXPECT_EQ(judge_case(expect("clean"), stopped).outcome, CaseOutcome::kInterrupted);
}

ScenarioResult with(const std::vector<CaseOutcome>& outcomes) {
  ScenarioResult result;
  for (const CaseOutcome outcome : outcomes) result.cases.emplace_back().outcome = outcome;
  return result;
}

TEST(ScenarioResult, TheWorstCaseCountsAndOneInWhichNothingWasJudgedIsNotAsExpected) {
  using enum CaseOutcome;
  EXPECT_EQ(outcome_of(with({kAsExpected, kSkipped})), kAsExpected);
  EXPECT_EQ(outcome_of(with({kSkipped, kSkipped})), kNotJudged);
  EXPECT_EQ(outcome_of(with({})), kNotJudged);
  EXPECT_EQ(outcome_of(with({kAsExpected, kNotJudged})), kNotJudged);
  EXPECT_EQ(outcome_of(with({kNotJudged, kOtherwise, kAsExpected})), kOtherwise);
  EXPECT_EQ(outcome_of(with({kOtherwise, kInterrupted})), kInterrupted);
}

TEST(ScenarioResult, CasesAreCountedByOutcome) {
  using enum CaseOutcome;
  const RunCounts counts = count_cases(
      {with({kAsExpected, kAsExpected, kOtherwise}), with({kSkipped, kNotJudged, kInterrupted})});
  EXPECT_EQ(counts.as_expected, 2U);
  EXPECT_EQ(counts.otherwise, 1U);
  EXPECT_EQ(counts.not_judged, 1U);
  EXPECT_EQ(counts.skipped, 1U);
  EXPECT_EQ(counts.interrupted, 1U);
}

std::string title_of(const Verdict& verdict) {
  CaseResult result;
  result.session = session_of(verdict, 1);
  return finding_title(result);
}

TEST(ScenarioResult, AFindingIsNamedByItsSignatureOrByWhatDiffers) {
  EXPECT_EQ(title_of(crashed(7, "SIGSEGV null f<g")), "SIGSEGV null f<g");
  EXPECT_EQ(title_of(diverged(12, Field::kSyscallWrong)), "diverged: syscall wrong at step 12");
  EXPECT_EQ(title_of(limited(LimitKind::kComputrons, true)), "limit: computrons at step 8");
  EXPECT_EQ(title_of(clean()), "");
  EXPECT_EQ(title_of(unjudged()), "");
  EXPECT_EQ(finding_title(CaseResult()), "");
}

}  // namespace scenario_expect_test
}  // namespace recrank
