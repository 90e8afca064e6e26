// A replay under a Perturbation, on fakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace perturber_test {

using testing::ElementsAre;
using testing::HasSubstr;

ReplayRequest perturbed(Perturbation perturbation) {
  ReplayRequest request = replay_request();
  request.perturbation = std::move(perturbation);
  return request;
}

Perturbation writing_after(std::vector<uint64_t> steps) {
  Perturbation perturbation;
  perturbation.write_heap_after.steps = std::move(steps);
  return perturbation;
}

Perturbation reloading_after(std::vector<uint64_t> steps) {
  Perturbation perturbation;
  perturbation.reload_after.steps = std::move(steps);
  return perturbation;
}

FakeRecording four_deliveries() {
  FakeRecording recording;
  recording.add_deliveries(4);
  return recording;
}

TEST(StepSchedule, HoldsItsListAndMultiplesButNotStepZeroOfThem) {
  EXPECT_TRUE((StepSchedule{{0, 7}, 0}.holds(0)));
  EXPECT_TRUE((StepSchedule{{0, 7}, 0}.holds(7)));
  EXPECT_FALSE((StepSchedule{{0, 7}, 0}.holds(3)));
  EXPECT_FALSE((StepSchedule{{}, 3}.holds(0)));
  EXPECT_TRUE((StepSchedule{{}, 3}.holds(6)));
  EXPECT_TRUE(StepSchedule{}.empty());
}

TEST(Perturber, WithoutAPerturbationDoesNothing) {
  const FakeRecording recording = four_deliveries();
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kClean);
  EXPECT_EQ(result.perturbed, "");
  EXPECT_THAT(engine.log(),
              ElementsAre("start v1:fake", "apply 0", "apply 1", "apply 2", "apply 3", "end"));
  EXPECT_THAT(engine.parser_buffers(), ElementsAre(std::nullopt));
}

TEST(Perturber, WritesTheHeapBehindTheStepsThatAreNamed) {
  const FakeRecording recording = four_deliveries();
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine, perturbed(writing_after({0, 3})));
  EXPECT_EQ(result.verdict.kind, VerdictKind::kClean);
  EXPECT_EQ(result.perturbed, "2 extra heaps written");
  EXPECT_THAT(engine.log(), ElementsAre("start v1:fake", "apply 0", "snapshot", "apply 1",
                                        "apply 2", "apply 3", "snapshot", "end"));
}

TEST(Perturber, GoesOnFromTheHeapInAnotherProcess) {
  const FakeRecording recording = four_deliveries();
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine, perturbed(reloading_after({1})));
  EXPECT_EQ(result.verdict.kind, VerdictKind::kClean);
  EXPECT_EQ(result.perturbed, "1 reload");
  EXPECT_THAT(engine.log(), ElementsAre("start v1:fake", "apply 0", "apply 1", "checkpoint", "end",
                                        "start heap reload-1", "apply 2", "apply 3", "end"));
}

TEST(Perturber, ReloadsAfterEveryNthStepWithTheParserBufferThatWasAskedFor) {
  const FakeRecording recording = four_deliveries();
  const FakeEngine engine(recording);
  Perturbation perturbation;
  perturbation.reload_after.every = 1;
  perturbation.options.set("parser-buffer", "4096");
  const ReplayResult result = run_replay(recording, engine, perturbed(perturbation));
  EXPECT_EQ(result.perturbed, "3 reloads");  // step 0 is no multiple
  EXPECT_THAT(engine.parser_buffers(), testing::SizeIs(4));
  EXPECT_THAT(engine.parser_buffers(), testing::Each(std::optional<std::string>("4096")));
}

TEST(Perturber, BehindAMarkWithoutAWorkerThereIsNothingToWrite) {
  FakeRecording recording;
  recording.add(FakeStep::of(StepKind::kShutdownWorker))
      .add(FakeStep::of(StepKind::kInitializeWorker));
  recording.add_deliveries(1);
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine, perturbed(reloading_after({0})));
  EXPECT_EQ(result.verdict.kind, VerdictKind::kClean);
  EXPECT_EQ(result.perturbed, "");
}

TEST(Perturber, ADeathWhileTheHeapIsWrittenIsACrashAtTheStepBefore) {
  const FakeRecording recording = four_deliveries();
  for (const Perturbation& each : {writing_after({2}), reloading_after({2})}) {
    FakeEngine engine(recording);
    engine.heap_dies_after(2, killed_by(SIGSEGV));
    const ReplayResult result = run_replay(recording, engine, perturbed(each));
    EXPECT_EQ(verdict_text(result.verdict), "crashed 2");
    EXPECT_THAT(result.verdict.detail, HasSubstr("after step 2"));
    EXPECT_TRUE(result.ended);
    EXPECT_EQ(result.compared.steps, 3U);
  }
}

TEST(Perturber, ACrashThatOnlyAReloadShowsIsFoundWhereItHappens) {
  const FakeRecording recording = four_deliveries();
  FakeEngine engine(recording);
  engine.dies_when_reloaded(3, killed_by(SIGSEGV));
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "clean");
  EXPECT_EQ(verdict_text(run_replay(recording, engine, perturbed(writing_after({1}))).verdict),
            "clean");
  EXPECT_EQ(verdict_text(run_replay(recording, engine, perturbed(reloading_after({1}))).verdict),
            "crashed 3");
}

}  // namespace perturber_test
}  // namespace recrank
