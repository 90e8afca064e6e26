// Facts with names of their own, as nodes record them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replay/judge/replay.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace replay_facts_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ReplayFacts, ThatAreAllMetAreCleanAndCounted) {
  const FakeRecording recording = windows(3);
  const ReplayResult result = run_replay(recording, FakeEngine(recording));
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.compared.facts, 9U);
  EXPECT_THAT(result.left_out, IsEmpty());
  EXPECT_THAT(result.not_recorded, IsEmpty());
}

TEST(ReplayFacts, OfOneStepThatDifferAreAllNamed) {
  const FakeRecording recording = windows(3);
  FakeEngine engine(recording);
  engine.at(1).facts[0].value = "x";
  engine.at(1).facts[1].value = "y";
  const Verdict verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict_text(verdict), "diverged 1: 1 node_root, 1 state_root");
  ASSERT_EQ(verdict.divergences.size(), 2U);
  EXPECT_EQ(field_name(verdict.divergences[1]), "state_root");
  EXPECT_EQ(verdict.divergences[1].expected, "s1");
  EXPECT_EQ(verdict.divergences[1].got, "y");
}

TEST(ReplayFacts, ThatTheEngineDoesNotTellAreListedAsLeftOut) {
  const FakeRecording recording = windows(4);
  FakeEngine engine(recording);
  for (uint64_t i = 0; i < 4; ++i) {
    auto& facts = engine.at(i).facts;
    facts.erase(facts.begin() + 1, facts.end());  // neither state root nor proposer
    if (i > 0) facts.clear();
  }
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_THAT(result.left_out, ElementsAre("node_root in 3 of 4 steps", "state_root"));
}

TEST(ReplayFacts, OfWhichTheEngineTellsNoneAreNeverClean) {
  const FakeRecording recording = windows(2);
  FakeEngine engine(recording);
  engine.at(0).facts.clear();
  engine.at(1).facts.clear();
  const Verdict verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(verdict.reason, HasSubstr("nothing to compare"));
}

TEST(ReplayFacts, LeftOutOfTheComparisonCompareNothing) {
  const FakeRecording recording = windows(2);
  ReplayRequest request = replay_request();
  request.compare.facts = false;
  const ReplayResult result = run_replay(recording, FakeEngine(recording), request);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(result.left_out, ElementsAre("facts"));
}

TEST(ReplayFacts, AreSoughtInEveryStepWhenToldToContinue) {
  const FakeRecording recording = windows(4);
  FakeEngine engine(recording);
  engine.at(1).facts[1].value = "x";
  engine.at(3).facts[1].value = "x";
  ReplayRequest request = replay_request();
  request.on_divergence = OnDivergence::kContinue;
  const Verdict verdict = run_replay(recording, engine, request).verdict;
  EXPECT_EQ(verdict.divergence_count, 2U);
}

TEST(ReplayFinish, TellsTheEngineTheRangeAndAsksForItsLastWordOnce) {
  const FakeRecording recording = windows(3);
  const FakeEngine engine(recording);
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "clean");
  EXPECT_THAT(engine.ranges(), ElementsAre(StepRange{0, 3}));
  EXPECT_EQ(engine.finishes(), 1U);
}

TEST(ReplayFinish, IsNotAskedOfAnEngineThatDiffered) {
  const FakeRecording recording = windows(3);
  FakeEngine engine(recording);
  engine.at(1).facts[0].value = "x";
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "diverged 1: 1 node_root");
  EXPECT_EQ(engine.finishes(), 0U);
}

TEST(ReplayFinish, OfAProgramThatFailsAtItsEndIsNotClean) {
  const FakeRecording recording = windows(2);
  FakeEngine engine(recording);
  engine.finishes_with(exited_with(1, "error"));
  const Verdict verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kCrashed);
  EXPECT_EQ(verdict.step, 1U);
}

TEST(ReplayFinish, OfAProgramThatContradictsItselfIsUnjudged) {
  const FakeRecording recording = windows(2);
  FakeEngine engine(recording);
  engine.contradicts_itself("it says that it verified 1 of 2");
  const Verdict verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(verdict.reason, HasSubstr("verified 1 of 2"));
}

TEST(ReplayPlan, BeginsAtACheckpointOfReservationsOnlyWhenAsked) {
  FakeRecording recording = windows(4);
  recording.reserve_checkpoints("torn snapshot: --from 0 begins there");
  const FakeEngine engine(recording);
  try {
    static_cast<void>(run_replay(recording, engine));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("torn snapshot: --from 0"));
  }
  ReplayRequest request = replay_request();
  request.from = 0;
  EXPECT_EQ(verdict_text(run_replay(recording, engine, request).verdict), "clean");
}

}  // namespace replay_facts_test
}  // namespace recrank
