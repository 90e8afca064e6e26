#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace join_parts_test {

using testing::HasSubstr;

// Steps 0..8 with a snapshot before 3 and before 6: three parts.
FakeRecording nine_steps() {
  FakeRecording recording = FakeRecording().add_deliveries(9);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 3);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  return recording;
}

ReplayResult in_parts(const FakeRecording& recording, const FakeEngine& engine,
                      OnDivergence mode = OnDivergence::kStop) {
  const ReplayRequest request = replay_request(mode);
  std::vector<ReplayResult> parts;
  for (const ReplayPlan& part : split_plan(recording, "v1", plan_replay(recording, request), 3)) {
    parts.push_back(replay(recording, engine, request, part, {}, nullptr));
  }
  EXPECT_EQ(parts.size(), 3U);
  return join_parts(parts);
}

TEST(JoinParts, AllCleanIsCleanWithTheSumOfWhatWasCompared) {
  const FakeRecording recording = nine_steps();
  const ReplayResult whole = in_parts(recording, FakeEngine(recording));
  EXPECT_EQ(verdict_text(whole.verdict), "clean");
  EXPECT_EQ(whole.compared.steps, 9U);
  EXPECT_EQ(whole.compared.syscalls, 18U);
  EXPECT_EQ(whole.plan.range, (StepRange{0, 9}));
  EXPECT_DOUBLE_EQ(whole.cost.engine_cpu_s, 0.75);
}

TEST(JoinParts, TheEarliestEndIsTheVerdictAndNothingBehindItCounts) {
  const FakeRecording recording = nine_steps();
  FakeEngine engine(recording);
  engine.at(4).dies = killed_by(SIGSEGV);
  engine.at(7).computrons = 1;
  const ReplayResult whole = in_parts(recording, engine);
  EXPECT_EQ(verdict_text(whole.verdict), "crashed 4");
  EXPECT_EQ(whole.compared.steps, 4U);
}

TEST(JoinParts, DivergencesOfAllPartsAreListedInOrder) {
  const FakeRecording recording = nine_steps();
  FakeEngine engine(recording);
  engine.at(1).computrons = 1;
  engine.at(4).calls = {R"(["callNow","d-1"])"};
  engine.at(7).computrons = 1;
  const ReplayResult whole = in_parts(recording, engine, OnDivergence::kContinue);
  EXPECT_EQ(verdict_text(whole.verdict),
            "diverged 1: 1 computrons, 4 syscall wrong 0, 7 computrons");
  EXPECT_EQ(whole.verdict.divergence_count, 3U);
  EXPECT_THAT(whole.verdict.detail, HasSubstr("steps 5..5 were not run"));
}

TEST(JoinParts, ACrashBehindADivergenceIsToldInTheDetail) {
  const FakeRecording recording = nine_steps();
  FakeEngine engine(recording);
  engine.at(1).computrons = 1;
  engine.at(4).dies = killed_by(SIGSEGV);
  engine.at(7).computrons = 1;
  const ReplayResult whole = in_parts(recording, engine, OnDivergence::kContinue);
  EXPECT_EQ(verdict_text(whole.verdict), "diverged 1: 1 computrons");
  EXPECT_THAT(whole.verdict.detail, HasSubstr("ended at step 4: crashed"));
  EXPECT_EQ(whole.verdict.end.signal, SIGSEGV);
}

TEST(JoinParts, ThatAnEngineLivedOnInTheLastPartIsKept) {
  FakeRecording recording = nine_steps();
  recording.step(8).status.reset();
  recording.step(8).computrons.reset();
  recording.step(8).open_end = true;
  FakeEngine engine(recording);
  engine.at(8).calls.emplace_back(R"(["send","more"])");
  const ReplayResult whole = in_parts(recording, engine);
  EXPECT_EQ(verdict_text(whole.verdict), "clean");
  ASSERT_TRUE(whole.verdict.lived_on);
  EXPECT_EQ(whole.verdict.lived_on->step, 8U);
  EXPECT_EQ(whole.verdict.lived_on->calls, 1U);
}

TEST(JoinParts, APartOfMarksAloneDoesNotSpoilTheWhole) {
  FakeRecording recording = FakeRecording().add_deliveries(4);
  recording.add(FakeStep::save("aa")).add(FakeStep::of(StepKind::kLoadSnapshot));
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 2);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 5);
  EXPECT_EQ(verdict_text(in_parts(recording, FakeEngine(recording)).verdict), "clean");
}

TEST(JoinParts, WhereNoPartHadAnythingToCompareTheWholeIsUnjudged) {
  FakeRecording recording = nine_steps();
  for (uint64_t n = 0; n < 9; ++n) {
    recording.step(n) = FakeStep::calling({});
    recording.step(n).status.reset();
    recording.step(n).computrons.reset();
  }
  const ReplayResult whole = in_parts(recording, FakeEngine(recording));
  EXPECT_EQ(verdict_text(whole.verdict), "unjudged");
  EXPECT_THAT(whole.verdict.reason, HasSubstr("nothing to compare: 9 steps ran"));
  EXPECT_THAT(whole.not_recorded, testing::ElementsAre("result", "computrons"));
}

TEST(JoinParts, AFactThatOnePartHoldsIsRecorded) {
  FakeRecording recording = nine_steps();
  for (uint64_t n = 0; n < 3; ++n) recording.step(n).computrons.reset();
  EXPECT_TRUE(in_parts(recording, FakeEngine(recording)).not_recorded.empty());
}

}  // namespace join_parts_test
}  // namespace recrank
