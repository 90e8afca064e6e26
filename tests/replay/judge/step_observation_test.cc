// What observers of a replay are told, on fakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace step_observation_test {

using testing::ElementsAre;

// Keeps a line per step: "12 delivery calls 2/2 process 1".
class Keeping final : public ReplayObserver {
 public:
  explicit Keeping(uint64_t cost_every) : cost_every_(cost_every) {}

  void on_step(const StepTelemetry& step) override { keep(step, ""); }
  void on_last_step(const StepTelemetry& step) override { keep(step, " last"); }
  bool wants_cost(uint64_t step) const override {
    return cost_every_ != 0 && step % cost_every_ == 0;
  }

  std::vector<std::string> lines;
  std::vector<uint64_t> costed;
  std::vector<std::optional<uint64_t>> allocated;

 private:
  void keep(const StepTelemetry& step, const char* more) {
    lines.push_back(std::to_string(step.step) + (step.delivery ? " delivery" : " mark") +
                    " calls " + std::to_string(step.calls) + "/" +
                    std::to_string(step.recorded_calls) + " process " +
                    std::to_string(step.process) + more);
    if (step.cost) costed.push_back(step.step);
    allocated.push_back(step.meter.allocate);
  }
  uint64_t cost_every_;
};

ReplayResult observe(const FakeRecording& recording, const FakeEngine& engine, Keeping& observer,
                     const ReplayRequest& request = replay_request()) {
  return replay(recording, engine, request, plan_replay(recording, request), {}, &observer);
}

TEST(StepObservation, TellsOfEveryStepInOrder) {
  FakeRecording recording;
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(2);
  FakeEngine engine(recording);
  Keeping observer(0);
  static_cast<void>(observe(recording, engine, observer));
  EXPECT_THAT(observer.lines,
              ElementsAre("0 mark calls 0/0 process 1", "1 delivery calls 2/2 process 1",
                          "2 delivery calls 2/2 process 1"));
}

TEST(StepObservation, ReadsNoCostUnlessAnObserverAsksForIt) {
  FakeRecording recording;
  recording.add_deliveries(8);
  const FakeEngine engine(recording);
  Keeping observer(0);
  static_cast<void>(observe(recording, engine, observer));
  EXPECT_EQ(engine.cost_reads(), 1U);  // at the end, for the report
  EXPECT_TRUE(observer.costed.empty());
}

TEST(StepObservation, GivesCostAndMeterOfTheStepsThatWereAskedFor) {
  FakeRecording recording;
  recording.add_deliveries(8);
  FakeEngine engine(recording);
  engine.at(4).meter = R"({"compute":1000,"allocate":7})";
  Keeping observer(4);
  static_cast<void>(observe(recording, engine, observer));
  EXPECT_THAT(observer.costed, ElementsAre(0, 4));
  EXPECT_EQ(observer.allocated[4], 7U);
  EXPECT_EQ(observer.allocated[5], std::nullopt);
}

TEST(StepObservation, ADeathIsToldOnceWithTheCallsMadeUntilThen) {
  FakeRecording recording;
  recording.add_deliveries(3);
  FakeEngine engine(recording);
  engine.at(1).calls.pop_back();
  engine.at(1).dies = killed_by(SIGSEGV);
  Keeping observer(0);
  static_cast<void>(observe(recording, engine, observer));
  EXPECT_THAT(observer.lines,
              ElementsAre("0 delivery calls 2/2 process 1", "1 delivery calls 1/2 process 1 last"));
  EXPECT_THAT(observer.costed, ElementsAre(1));
}

TEST(StepObservation, CountsProcessesOverReloads) {
  FakeRecording recording;
  recording.add_deliveries(3);
  const FakeEngine engine(recording);
  ReplayRequest request = replay_request();
  request.perturbation.reload_after.steps = {0, 1};
  Keeping observer(0);
  static_cast<void>(observe(recording, engine, observer, request));
  EXPECT_THAT(observer.lines,
              ElementsAre("0 delivery calls 2/2 process 1", "1 delivery calls 2/2 process 2",
                          "2 delivery calls 2/2 process 3"));
}

}  // namespace step_observation_test
}  // namespace recrank
