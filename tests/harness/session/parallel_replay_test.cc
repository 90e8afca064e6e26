#include "harness/session/parallel_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "base/error.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace parallel_replay_test {

// Does what each step says, from any number of threads; dies at the steps it is told to.
class ObedientEngine final : public Engine {
 public:
  explicit ObedientEngine(std::vector<uint64_t> deadly = {}, bool starts = true)
      : deadly_(std::move(deadly)), starts_(starts) {}

  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] StartResult start(StartRequest, const Interrupt&) const override {
    if (!starts_) throw Error(ErrorCode::kWorker, "cannot be spawned");
    ++starts_seen_;
    return {std::make_unique<ObedientRun>(*this), {}, {}};
  }
  [[nodiscard]] int starts_seen() const { return starts_seen_; }

 private:
  class ObedientRun final : public Run {
   public:
    explicit ObedientRun(const ObedientEngine& engine) : engine_(engine) {}
    [[nodiscard]] StepOutcome apply(const Step& step, CallHandler& handler) override {
      for (const uint64_t deadly : engine_.deadly_) {
        if (step.number == deadly) {
          StepCrashed crashed;
          crashed.end.signal = 11;
          crashed.end.meaning = "SIGSEGV";
          return crashed;
        }
      }
      for (const ExpectedCall& call : step.calls) {
        if (!handler.on_call(call.call)) return StepStopped{};
      }
      return StepDone{true, R"(["ok",null,null])", step.computrons, {}};
    }
    [[nodiscard]] StepOutcome write_snapshot(std::string&) override { return StepDone{}; }
    [[nodiscard]] StepOutcome write_checkpoint(int) override { return StepDone{}; }
    [[nodiscard]] RunCost cost() const override { return {}; }

   private:
    const ObedientEngine& engine_;
  };

  std::vector<uint64_t> deadly_;
  bool starts_;
  EngineIdentity identity_;
  mutable std::atomic<int> starts_seen_{0};
};

class CountingObserver final : public ReplayObserver {
 public:
  void on_step(const StepTelemetry&) override { ++steps; }
  std::atomic<uint64_t> steps{0};
};

// 40 deliveries with a checkpoint every ten.
FakeRecording spans() {
  FakeRecording recording;
  recording.add_deliveries(40);
  for (const uint64_t at : {10U, 20U, 30U}) recording.checkpoint(CheckpointKind::kHeapSnapshot, at);
  return recording;
}

ReplayJob job_of(const FakeRecording& recording, size_t parts) {
  ReplayJob job;
  job.request.subject_id = "v1";
  job.parts = split_plan(recording, "v1", plan_replay(recording, job.request), parts);
  return job;
}

TEST(ParallelReplay, GivesTheSameWhateverTheNumberOfThreads) {
  const FakeRecording recording = spans();
  const ObedientEngine engine;
  const std::vector<ReplayJob> jobs(5, job_of(recording, 4));
  ASSERT_EQ(jobs.front().parts.size(), 4U);
  for (const size_t threads : {1U, 2U, 8U}) {
    CountingObserver observer;
    const Interrupt interrupt;
    const auto results = replay_all(recording, engine, jobs, threads, interrupt, &observer);
    ASSERT_EQ(results.size(), 5U);
    EXPECT_EQ(observer.steps, 200U);
    for (const JobResult& result : results) {
      EXPECT_EQ(result.result.verdict.kind, VerdictKind::kClean);
      EXPECT_EQ(result.result.compared.steps, 40U);
      EXPECT_EQ(result.result.plan.range, (StepRange{0, 40}));
    }
  }
}

TEST(ParallelReplay, TheFirstFindingInRecordedOrderIsTheVerdict) {
  const FakeRecording recording = spans();
  const ObedientEngine engine({15, 35});
  const Interrupt interrupt;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const auto results =
        replay_all(recording, engine, {job_of(recording, 4)}, 4, interrupt, nullptr);
    EXPECT_EQ(results.front().result.verdict.kind, VerdictKind::kCrashed);
    EXPECT_EQ(results.front().result.verdict.step, 15U);
  }
}

TEST(ParallelReplay, OneJobsFindingLeavesTheOthersAlone) {
  FakeRecording recording = spans();
  recording.vat("v2").add_deliveries(3);
  const ObedientEngine engine({15});
  ReplayJob other;
  other.request.subject_id = "v2";
  other.parts = {plan_replay(recording, other.request)};
  const Interrupt interrupt;
  const auto results =
      replay_all(recording, engine, {job_of(recording, 4), other}, 2, interrupt, nullptr);
  EXPECT_EQ(results[0].result.verdict.kind, VerdictKind::kCrashed);
  EXPECT_EQ(results[1].result.verdict.kind, VerdictKind::kClean);
}

TEST(ParallelReplay, AnInterruptEndsAllOfThem) {
  const FakeRecording recording = spans();
  const ObedientEngine engine;
  Interrupt interrupt;
  interrupt.request();
  const auto results = replay_all(recording, engine, {job_of(recording, 4)}, 2, interrupt, nullptr);
  EXPECT_EQ(results.front().result.verdict.kind, VerdictKind::kInterrupted);
}

TEST(ParallelReplay, AFailureOfTheMachineIsThrownAfterAllHaveEnded) {
  const FakeRecording recording = spans();
  const ObedientEngine engine({}, false);
  const Interrupt interrupt;
  EXPECT_THROW(static_cast<void>(
                   replay_all(recording, engine, {job_of(recording, 4)}, 3, interrupt, nullptr)),
               Error);
}

}  // namespace parallel_replay_test
}  // namespace recrank
