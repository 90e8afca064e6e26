#include "replay/judge/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/error.h"
#include "base/hash.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace replay_test {

using namespace agoric;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FakeRecording deliveries(uint64_t count) { return FakeRecording().add_deliveries(count); }

std::string verdict_of(const FakeRecording& recording, const FakeEngine& engine,
                       const ReplayRequest& request = replay_request()) {
  return verdict_text(run_replay(recording, engine, request).verdict);
}

TEST(Replay, OfAnEngineThatDoesAsRecordedIsCleanAndCountsWhatWasCompared) {
  const FakeRecording recording = deliveries(5);
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.compared.steps, 5U);
  EXPECT_EQ(result.compared.syscalls, 10U);
  EXPECT_EQ(result.compared.results, 5U);
  EXPECT_EQ(result.compared.computrons, 5U);
  EXPECT_THAT(result.left_out, IsEmpty());
  EXPECT_THAT(result.not_recorded, IsEmpty());
  EXPECT_THAT(engine.log(), ElementsAre("start v1:fake", "apply 0", "apply 1", "apply 2", "apply 3",
                                        "apply 4", "end"));
}

TEST(Replay, AnswersCallsWithTheRecordedBytes) {
  FakeRecording recording;
  FakeStep step;
  step.calls = {{R"(["vatstoreGet","a"])", R"(["ok","1"])"}, {R"(["send","o-1"])"}};
  recording.add(step);
  const FakeEngine engine(recording);
  EXPECT_EQ(verdict_of(recording, engine), "clean");
  EXPECT_THAT(engine.answers(), ElementsAre(R"(["ok","1"])", R"(["ok",null])"));
}

TEST(Replay, StartsANewWorkerForEveryIncarnationAndGoesOnOverSnapshots) {
  FakeRecording recording;
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(1);
  recording.add(FakeStep::save("aa")).add(FakeStep::of(StepKind::kLoadSnapshot)).add_deliveries(1);
  recording.add(FakeStep::of(StepKind::kShutdownWorker));
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(1);
  recording.checkpoint(CheckpointKind::kGenesis, 6);
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.compared.steps, 8U);
  EXPECT_EQ(result.compared.snapshots, 1U);
  EXPECT_THAT(engine.log(), ElementsAre("start v1:fake", "apply 1", "snapshot", "apply 4", "end",
                                        "start v1:fake", "apply 7", "end"));
  EXPECT_DOUBLE_EQ(result.cost.engine_cpu_s, 0.5);
  EXPECT_EQ(result.cost.peak_rss_bytes, 4096U);
}

TEST(Replay, StartsFromAHeapSnapshotAndNamesItAsTheKernelDoes) {
  FakeRecording recording = deliveries(2);
  recording.add(FakeStep::save("aa")).add(FakeStep::of(StepKind::kLoadSnapshot)).add_deliveries(2);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 3);
  const FakeEngine engine(recording);
  ReplayRequest request = replay_request();
  request.from = 4;
  EXPECT_EQ(verdict_of(recording, engine, request), "clean");
  EXPECT_THAT(engine.log(), ElementsAre("start heap v1-2-heap3", "apply 4", "apply 5", "end"));
}

TEST(Replay, LaysTheUsersSetupOverTheRecordedOne) {
  FakeRecording recording = deliveries(1);
  recording.setup().set(kVatParameters, "{}");
  const FakeEngine engine(recording);
  ReplayRequest request = replay_request();
  request.user_setup.set(kVatParameters, R"({"mine":1})");
  request.user_setup.set(kCacheSize, "2");
  EXPECT_EQ(verdict_of(recording, engine, request), "clean");
  EXPECT_EQ(engine.last_setup()->get(kVatParameters), R"({"mine":1})");
  EXPECT_EQ(engine.last_setup()->get(kCacheSize), "2");
}

TEST(Replay, TellsWhatItAssumedSinceNobodyKnew) {
  FakeRecording recording = deliveries(1);
  recording.mutable_info().dialect = kXsnap2021;
  recording.setup().set(kCacheSize, "3");
  recording.setup().set(kEnableDisavow, "true");
  const FakeEngine engine(recording);
  const ReplayRequest request = replay_request();
  const Interrupt interrupt;
  const ReplayPlan plan = plan_replay(recording, request);
  const ReplayResult result = replay(recording, engine, request, plan, interrupt, nullptr);
  EXPECT_THAT(result.assumed, ElementsAre("vatParameters {}"));
  EXPECT_EQ(engine.last_setup()->get(kVatParameters), "{}");
  EXPECT_EQ(engine.last_setup()->get(kCacheSize), "3");
}

TEST(Replay, TellsWhichBundlesRanAndWhoseTheyWere) {
  FakeRecording recording = deliveries(1);
  recording.setup().set(kLockdown, "recorded lockdown");
  recording.setup().set(kSupervisor, "recorded supervisor");
  FakeEngine engine(recording);
  engine.parts().emplace_back(kLockdown, "own lockdown");
  ReplayRequest request = replay_request();
  request.user_setup.set(kSupervisor, "mine");
  const ReplayResult told = run_replay(recording, engine, request);
  EXPECT_THAT(
      told.bundles,
      ElementsAre(ToldBundle{std::string(kLockdown), sha256_hex("recorded lockdown"), "recorded"},
                  ToldBundle{std::string(kSupervisor), sha256_hex("mine"), "given"}));
  FakeRecording lacking = deliveries(1);
  const ReplayResult assumed = run_replay(lacking, engine);
  EXPECT_THAT(assumed.bundles,
              ElementsAre(ToldBundle{std::string(kLockdown), "own lockdown", "the engine's"}));
  EXPECT_THAT(assumed.assumed,
              testing::Contains("lockdown bundle of the engine, sha256 own lockdown"));
}

TEST(Replay, NamesNoBundleBehindAHeap) {
  FakeRecording recording = deliveries(3);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 2);
  recording.setup().set(kSupervisor, "recorded supervisor");
  ReplayRequest request = replay_request();
  request.from = 2;
  EXPECT_THAT(run_replay(recording, FakeEngine(recording), request).bundles, testing::IsEmpty());
}

TEST(Replay, NamesTheFieldThatDiverged) {
  const FakeRecording recording = deliveries(5);
  const auto with = [&](const auto& change) {
    FakeEngine engine(recording);
    change(engine.at(3));
    return verdict_of(recording, engine);
  };
  EXPECT_EQ(with([](FakeAct& act) { act.calls[1] = R"(["send","other"])"; }),
            "diverged 3: 3 syscall wrong 1");
  EXPECT_EQ(with([](FakeAct& act) { act.calls.push_back(R"(["send","other"])"); }),
            "diverged 3: 3 syscall extra 2");
  EXPECT_EQ(with([](FakeAct& act) { act.calls.pop_back(); }), "diverged 3: 3 syscall missing 1");
  EXPECT_EQ(with([](FakeAct& act) { act.ok = false; }), "diverged 3: 3 result");
  EXPECT_EQ(with([](FakeAct& act) { act.computrons = 999; }), "diverged 3: 3 computrons");
}

TEST(Replay, ReportsOnlyTheFirstDifferenceOfAStepWhenItStops) {
  const FakeRecording recording = deliveries(5);
  FakeEngine engine(recording);
  engine.at(3).ok = false;
  engine.at(3).computrons = 1;
  EXPECT_EQ(verdict_of(recording, engine), "diverged 3: 3 result");
  engine.at(3).calls.pop_back();
  EXPECT_EQ(verdict_of(recording, engine), "diverged 3: 3 syscall missing 1");
}

TEST(Replay, ShowsBothValuesOfADivergence) {
  const FakeRecording recording = deliveries(1);
  FakeEngine engine(recording);
  engine.at(0).ok = false;
  engine.at(0).result = R"(["error","no such \"thing\"",null])";
  const Verdict result = run_replay(recording, engine).verdict;
  EXPECT_EQ(result.divergences.at(0).expected, "ok");
  EXPECT_EQ(result.divergences.at(0).got, "no such \"thing\"");
  engine.at(0).ok = true;
  engine.at(0).computrons = 1;
  const Verdict computrons = run_replay(recording, engine).verdict;
  EXPECT_EQ(computrons.divergences.at(0).expected, "1000");
  EXPECT_EQ(computrons.divergences.at(0).got, "1");
}

TEST(Replay, HoldsACommittedErrorAgainstTheAnswer) {
  FakeRecording recording = deliveries(2);
  recording.step(1).status = RecordedStatus::kError;
  FakeEngine engine(recording);
  EXPECT_EQ(verdict_of(recording, engine), "diverged 1: 1 result");
  engine.at(1).ok = false;
  engine.at(1).result = R"(["error","boom",null])";
  EXPECT_EQ(verdict_of(recording, engine), "clean");
  recording.step(1).failure_text = "boom";
  EXPECT_EQ(verdict_of(recording, engine), "clean");
  recording.step(1).failure_text = "another";
  EXPECT_EQ(verdict_of(recording, engine), "diverged 1: 1 result");
}

TEST(Replay, ComparesSnapshotHashesUnlessTheyAreLeftOut) {
  FakeRecording recording = deliveries(2);
  recording.add(FakeStep::save("aa")).add_deliveries(1);
  FakeEngine engine(recording);
  engine.at(2).snapshot = "bb";
  EXPECT_EQ(verdict_of(recording, engine), "diverged 2: 2 snapshot-hash");
  ReplayRequest request = replay_request();
  request.compare.snapshots = false;
  const ReplayResult result = run_replay(recording, engine, request);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_THAT(result.left_out, ElementsAre("snapshots"));
  engine.at(2).dies = killed_by(SIGSEGV);
  EXPECT_EQ(verdict_of(recording, engine), "crashed 2");
}

TEST(Replay, LeavesOutWhatItIsToldTo) {
  const FakeRecording recording = deliveries(3);
  FakeEngine engine(recording);
  engine.at(1).computrons = 1;
  engine.at(1).ok = false;
  ReplayRequest request = replay_request();
  request.compare.result = false;
  EXPECT_EQ(verdict_of(recording, engine, request), "diverged 1: 1 computrons");
  request.compare.computrons = false;
  const ReplayResult result = run_replay(recording, engine, request);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_THAT(result.verdict.detail, HasSubstr("step 1 answered with an error"));
  EXPECT_THAT(result.left_out, ElementsAre("result", "computrons"));
}

TEST(Replay, AnswersCallsThatItDoesNotCompareAsLongAsTheRecordingCan) {
  const FakeRecording recording = deliveries(3);
  FakeEngine engine(recording);
  ReplayRequest request = replay_request();
  request.compare.syscalls = false;
  std::swap(engine.at(1).calls[0], engine.at(1).calls[1]);
  EXPECT_EQ(verdict_of(recording, engine, request), "clean");
  engine.at(1).calls = {R"(["callNow","d-1"])"};
  const ReplayResult result = run_replay(recording, engine, request);
  EXPECT_EQ(verdict_text(result.verdict), "unjudged 1");
  EXPECT_THAT(result.verdict.reason, HasSubstr(R"(["callNow","d-1"])"));
  EXPECT_EQ(result.compared.syscalls, 0U);
}

TEST(Replay, IsNeverCleanWhenNothingWasCompared) {
  FakeRecording recording;
  FakeStep bare = FakeStep::calling({});
  bare.status.reset();
  bare.computrons.reset();
  recording.add(bare).add(bare);
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "unjudged");
  EXPECT_THAT(result.verdict.reason, HasSubstr("nothing to compare"));
  EXPECT_THAT(result.not_recorded, ElementsAre("result", "computrons"));
  // A snapshot hash says nothing about the deliveries around it.
  recording.add(FakeStep::save("aa"));
  EXPECT_EQ(verdict_of(recording, FakeEngine(recording)), "unjudged");
}

TEST(Replay, DoesNotHoldAResultAgainstARecordingWithoutResults) {
  FakeRecording recording;
  FakeStep bare = FakeStep::calling({R"(["send","o-1"])"});
  bare.status.reset();
  recording.add(bare);
  FakeEngine engine(recording);
  engine.at(0).ok = false;
  engine.at(0).result = R"(["err","TypeError","oops"])";
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_THAT(result.not_recorded, ElementsAre("result"));
  EXPECT_EQ(result.verdict.detail, "step 0 answered with an error: TypeError: oops");
}

TEST(Replay, ListsComputronsAsLeftOutWhenTheEngineHasNone) {
  const FakeRecording recording = deliveries(1);
  FakeEngine engine(recording);
  engine.at(0).computrons.reset();
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_THAT(result.left_out, ElementsAre("computrons"));
}

TEST(Replay, CallsDamagedEvidenceUnjudgedAndSaysWhere) {
  FakeRecording recording = deliveries(5);
  recording.damage(3);
  const ReplayResult result = run_replay(recording, FakeEngine(recording));
  EXPECT_EQ(verdict_text(result.verdict), "unjudged 3");
  EXPECT_EQ(result.verdict.reason, "fake: step 3 is torn");
  EXPECT_EQ(result.compared.steps, 3U);
}

TEST(Replay, ALoadOfAnotherHeapThanWasSavedIsNoVerdictOnAnEngine) {
  FakeRecording recording = deliveries(1);
  recording.add(FakeStep::save("aa"));
  FakeStep load = FakeStep::of(StepKind::kLoadSnapshot);
  load.snapshot = "bb";
  recording.add(load).add_deliveries(1);
  const FakeEngine engine(recording);
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(result.verdict.reason, HasSubstr("step 2 loads the heap bb"));
  recording.step(2).snapshot = "aa";
  EXPECT_EQ(verdict_of(recording, engine), "clean");
}

TEST(Replay, NoticesAStepThatAReaderLeavesOut) {
  FakeRecording recording = deliveries(5);
  recording.skip_number(2);
  EXPECT_EQ(verdict_of(recording, FakeEngine(recording)), "unjudged 2");
  FakeRecording at_end = deliveries(5);
  at_end.skip_number(4);
  EXPECT_EQ(verdict_of(at_end, FakeEngine(at_end)), "unjudged 4");
}

TEST(Replay, DoesNotRunDeliveriesOnAWorkerThatIsNotThere) {
  FakeRecording recording = deliveries(1);
  recording.add(FakeStep::of(StepKind::kShutdownWorker)).add_deliveries(1);
  EXPECT_EQ(verdict_of(recording, FakeEngine(recording)), "unjudged 2");
  recording.checkpoint(CheckpointKind::kGenesis, 2);
  EXPECT_EQ(verdict_of(recording, FakeEngine(recording)), "clean");
}

TEST(Replay, StopsBetweenStepsWhenInterrupted) {
  const FakeRecording recording = deliveries(5);
  FakeEngine engine(recording);
  Interrupt interrupt;
  engine.before_step([&](uint64_t step) {
    if (step == 2) interrupt.request();
  });
  const ReplayResult result = run_replay(recording, engine, replay_request(), interrupt);
  EXPECT_EQ(verdict_text(result.verdict), "interrupted 3");
  EXPECT_EQ(result.compared.steps, 3U);
  EXPECT_EQ(engine.log().back(), "end");
}

TEST(Replay, ThrowsWhatIsTheMachinesFault) {
  const FakeRecording recording = deliveries(1);
  FakeEngine engine(recording);
  engine.throw_at_start(ErrorCode::kWorker);
  EXPECT_THROW(run_replay(recording, engine), Error);
  engine.throw_at_start(ErrorCode::kUnsupported);
  EXPECT_EQ(verdict_of(recording, engine), "unjudged 0");
}

class Recorder final : public ReplayObserver {
 public:
  void on_step(const StepTelemetry& step) override {
    seen += std::to_string(step.step) + ":" + std::to_string(step.recorded_computrons.value_or(0)) +
            " ";
  }
  std::string seen;
};

TEST(Replay, TellsItsObserverOfEveryStepThatIsDone) {
  FakeRecording recording = deliveries(2);
  recording.add(FakeStep::save("aa")).add_deliveries(1);
  FakeEngine engine(recording);
  engine.at(3).calls.clear();
  Recorder recorder;
  const ReplayRequest request = replay_request();
  static_cast<void>(
      replay(recording, engine, request, plan_replay(recording, request), {}, &recorder));
  EXPECT_EQ(recorder.seen, "0:1000 1:1000 2:0 ");
}

}  // namespace replay_test
}  // namespace recrank
