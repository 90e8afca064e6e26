// What a replay does that goes on after a divergence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace replay_continue_test {

using testing::ElementsAre;
using testing::HasSubstr;

Verdict go_on(const FakeRecording& recording, const FakeEngine& engine) {
  return run_replay(recording, engine, replay_request(OnDivergence::kContinue)).verdict;
}

TEST(ReplayContinue, ListsTheDivergencesOfAllSteps) {
  FakeRecording recording;
  recording.add_deliveries(4).add(FakeStep::save("aa")).add_deliveries(3);
  FakeEngine engine(recording);
  engine.at(0).calls[1] = R"(["send","other"])";
  engine.at(2).computrons = 1;
  engine.at(3).ok = false;
  engine.at(4).snapshot = "bb";
  engine.at(6).calls.pop_back();
  EXPECT_EQ(verdict_text(go_on(recording, engine)),
            "diverged 0: 0 syscall wrong 1, 2 computrons, 3 result, 4 snapshot-hash, "
            "6 syscall missing 1");
}

TEST(ReplayContinue, DoesNotNameComputronsWhereCallsDiffer) {
  const FakeRecording recording = FakeRecording().add_deliveries(2);
  FakeEngine engine(recording);
  engine.at(0).calls[1] = R"(["send","other"])";
  engine.at(0).computrons = 1;
  EXPECT_EQ(verdict_text(go_on(recording, engine)), "diverged 0: 0 syscall wrong 1");
}

TEST(ReplayContinue, GoesOnFromTheNextCheckpointWhenItHasNoAnswer) {
  FakeRecording recording = FakeRecording().add_deliveries(3);
  recording.add(FakeStep::save("aa")).add(FakeStep::of(StepKind::kLoadSnapshot)).add_deliveries(2);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 4);
  FakeEngine engine(recording);
  engine.at(1).calls = {R"(["callNow","d-1"])"};
  engine.at(5).computrons = 1;
  const ReplayResult result =
      run_replay(recording, engine, replay_request(OnDivergence::kContinue));
  EXPECT_EQ(verdict_text(result.verdict), "diverged 1: 1 syscall wrong 0, 5 computrons");
  EXPECT_THAT(result.verdict.detail, HasSubstr("went on from snapshot@4"));
  EXPECT_THAT(engine.log(), ElementsAre("start v1:fake", "apply 0", "apply 1", "end",
                                        "start heap v1-3-heap4", "apply 5", "apply 6", "end"));
  EXPECT_EQ(result.compared.steps, 4U);
}

TEST(ReplayContinue, GoesOnFromTheBeginningOfTheNextIncarnation) {
  FakeRecording recording = FakeRecording().add_deliveries(2);
  recording.add(FakeStep::of(StepKind::kShutdownWorker));
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(1);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 1, false);
  recording.checkpoint(CheckpointKind::kGenesis, 3);
  FakeEngine engine(recording);
  engine.at(0).calls = {R"(["callNow","d-1"])"};
  EXPECT_EQ(verdict_text(go_on(recording, engine)), "diverged 0: 0 syscall wrong 0");
  EXPECT_THAT(engine.log(),
              ElementsAre("start v1:fake", "apply 0", "end", "start v1:fake", "apply 4", "end"));
}

TEST(ReplayContinue, SaysWhichStepsDidNotRunWhenNoCheckpointFollows) {
  const FakeRecording recording = FakeRecording().add_deliveries(5);
  FakeEngine engine(recording);
  engine.at(1).calls = {R"(["callNow","d-1"])"};
  const Verdict verdict = go_on(recording, engine);
  EXPECT_EQ(verdict_text(verdict), "diverged 1: 1 syscall wrong 0");
  EXPECT_THAT(verdict.detail, HasSubstr("no checkpoint follows: steps 2..4 were not run"));
}

TEST(ReplayContinue, EndsAtACrashAndTellsIt) {
  const FakeRecording recording = FakeRecording().add_deliveries(5);
  FakeEngine engine(recording);
  engine.at(1).computrons = 1;
  engine.at(3).dies = killed_by(SIGSEGV);
  const Verdict verdict = go_on(recording, engine);
  EXPECT_EQ(verdict_text(verdict), "diverged 1: 1 computrons");
  EXPECT_THAT(verdict.detail, HasSubstr("ended at step 3: crashed"));
  EXPECT_EQ(verdict.end.signal, SIGSEGV);
  engine.at(1).computrons = 1000;
  EXPECT_EQ(verdict_text(go_on(recording, engine)), "crashed 3");
}

TEST(ReplayContinue, IsCleanWhenNothingDiverges) {
  const FakeRecording recording = FakeRecording().add_deliveries(5);
  EXPECT_EQ(verdict_text(go_on(recording, FakeEngine(recording))), "clean");
}

TEST(ReplayContinue, KeepsTheCountOfDivergencesThatAreTooManyToList) {
  const FakeRecording recording = FakeRecording().add_deliveries(1200);
  FakeEngine engine(recording);
  for (uint64_t step = 0; step < 1200; ++step) engine.at(step).computrons = 1;
  const Verdict verdict = go_on(recording, engine);
  EXPECT_EQ(verdict.divergences.size(), 1000U);
  EXPECT_EQ(verdict.divergence_count, 1200U);
}

TEST(ReplayContinue, KeepsWhatItFoundWhenInterrupted) {
  const FakeRecording recording = FakeRecording().add_deliveries(5);
  FakeEngine engine(recording);
  engine.at(1).computrons = 1;
  engine.at(3).dies = StepInterrupted{};
  EXPECT_EQ(verdict_text(go_on(recording, engine)), "interrupted 3: 1 computrons");
}

TEST(ReplayContinue, DamageAfterADivergenceIsTold) {
  FakeRecording recording = FakeRecording().add_deliveries(5);
  recording.damage(3);
  FakeEngine engine(recording);
  engine.at(1).computrons = 1;
  const Verdict verdict = go_on(recording, engine);
  EXPECT_EQ(verdict_text(verdict), "diverged 1: 1 computrons");
  EXPECT_THAT(verdict.detail, HasSubstr("ended at step 3: unjudged, fake: step 3 is torn"));
}

}  // namespace replay_continue_test
}  // namespace recrank
