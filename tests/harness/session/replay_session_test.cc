#include "harness/session/replay_session.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "harness/report/repeat_report.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace replay_session_test {

using testing::HasSubstr;

// Dies at step 1 of every n-th process that it starts; 0: never. Its signature is the only one.
class SometimesDying final : public Engine {
 public:
  explicit SometimesDying(int every, Interrupt* interrupt = nullptr, int interrupt_at = 0)
      : every_(every), interrupt_(interrupt), interrupt_at_(interrupt_at) {}
  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] StartResult start(StartRequest, const Interrupt&) const override {
    const int number = ++starts_;
    if (interrupt_ != nullptr && number == interrupt_at_) interrupt_->request();
    return {std::make_unique<Process>(every_ > 0 && number % every_ == 0), {}, {}};
  }
  [[nodiscard]] int starts() const { return starts_; }

 private:
  class Process final : public Run {
   public:
    explicit Process(bool dies) : dies_(dies) {}
    [[nodiscard]] StepOutcome apply(const Step& step, CallHandler& handler) override {
      for (const ExpectedCall& call : step.calls) {
        if (!handler.on_call(call.call)) return StepStopped{};
      }
      if (!dies_ || step.number != 1)
        return StepDone{true, R"(["ok",null,null])", step.computrons, {}};
      StepCrashed crashed;
      crashed.end.signal = 11;
      crashed.end.meaning = "SIGSEGV";
      return crashed;
    }
    [[nodiscard]] StepOutcome write_snapshot(std::string&) override { return StepDone{}; }
    [[nodiscard]] StepOutcome write_checkpoint(int) override { return StepDone{}; }
    [[nodiscard]] RunCost cost() const override { return {}; }

   private:
    bool dies_;
  };

  int every_;
  Interrupt* interrupt_;
  int interrupt_at_;
  EngineIdentity identity_;
  mutable std::atomic<int> starts_{0};
};

SessionRequest times(size_t repeat, size_t jobs = 1) {
  SessionRequest request;
  request.subject_ids = {"v1"};
  request.repeat = repeat;
  request.jobs = jobs;
  return request;
}

FakeRecording three_steps() {
  FakeRecording recording;
  recording.add_deliveries(3);
  return recording;
}

SubjectSession run(const Engine& engine, const SessionRequest& request,
                   const Interrupt& interrupt = {}) {
  const FakeRecording recording = three_steps();
  return std::move(run_session(recording, engine, request, interrupt, nullptr).front());
}

TEST(RepeatedSession, StopsWhenEveryRunCrashesAlike) {
  const SometimesDying engine(1);
  const SubjectSession session = run(engine, times(100));
  EXPECT_EQ(engine.starts(), 15);
  EXPECT_EQ(session.repeated.runs, 15U);
  EXPECT_EQ(session.repeated.asked, 100U);
  EXPECT_EQ(session.repeated.stopped, StopReason::kAlwaysAlike);
  EXPECT_THAT(repeat_text(session),
              HasSubstr("stopped before run 16 of 100: every run found the same"));
}

TEST(RepeatedSession, MakesWholeRounds) {
  const SometimesDying engine(1);
  const SubjectSession session = run(engine, times(100, 4));
  EXPECT_EQ(engine.starts(), 16);
  EXPECT_EQ(session.repeated.runs, 16U);
}

TEST(RepeatedSession, MakesAllRunsWhenTold) {
  const SometimesDying engine(1);
  SessionRequest request = times(40);
  request.repeat_all = true;
  const SubjectSession session = run(engine, request);
  EXPECT_EQ(engine.starts(), 40);
  EXPECT_EQ(session.repeated.interval_kind, IntervalKind::kExact);
}

TEST(RepeatedSession, MakesAllRunsWhenNothingIsFoundAndSaysWhatThatExcludes) {
  const SometimesDying engine(0);
  const SubjectSession session = run(engine, times(30));
  EXPECT_EQ(engine.starts(), 30);
  EXPECT_EQ(not_reproduced_text(session),
            "0 of 30 runs crashed or differed: a rate of 9.6 % or more is excluded at 95 %");
  EXPECT_NEAR(repeat_json(session)["not_reproduced"]["excluded_rate"].get<double>(), 0.0950, 1e-3);
}

TEST(RepeatedSession, ACrashInOneOfTenIsACrashAndNotExcluded) {
  const SometimesDying engine(10);
  const SubjectSession session = run(engine, times(10));
  EXPECT_EQ(session.report.result.verdict.kind, VerdictKind::kCrashed);
  EXPECT_EQ(session.repeated.agreed, 1U);
  EXPECT_EQ(not_reproduced_text(session), "");
}

TEST(RepeatedSession, ARecordedCrashThatIsNotMetComesWithTheRateThatIsExcluded) {
  FakeRecording recording;
  recording.add_deliveries(1).add(FakeStep::failed("v1:alice exited due to signal SIGSEGV"));
  const SometimesDying engine(0);
  const auto sessions = run_session(recording, engine, times(1), {}, nullptr);
  EXPECT_EQ(not_reproduced_text(sessions.front()),
            "0 of 1 run ended as recorded: a rate of 95 % or more is excluded at 95 %");
  const auto ten = run_session(recording, engine, times(10), {}, nullptr);
  EXPECT_EQ(not_reproduced_text(ten.front()),
            "0 of 10 runs ended as recorded: a rate of 26 % or more is excluded at 95 %");
}

TEST(RepeatedSession, DamagedEvidenceIsNotRunAgain) {
  FakeRecording recording = three_steps();
  recording.subject().not_replayable = "its transcript is gone";
  const SometimesDying engine(0);
  const auto sessions = run_session(recording, engine, times(10), {}, nullptr);
  EXPECT_EQ(sessions.front().repeated.runs, 1U);
  EXPECT_EQ(sessions.front().repeated.stopped, StopReason::kNotAsked);
  EXPECT_EQ(engine.starts(), 0);
}

TEST(RepeatedSession, AnInterruptKeepsTheRunsThatWereDone) {
  Interrupt interrupt;
  const SometimesDying engine(1, &interrupt, 4);
  const SubjectSession session = run(engine, times(10), interrupt);
  EXPECT_EQ(session.repeated.stopped, StopReason::kInterrupted);
  EXPECT_GE(session.repeated.runs, 3U);
  EXPECT_EQ(session.report.result.verdict.kind, VerdictKind::kCrashed);
  std::vector<SubjectSession> sessions;
  sessions.push_back(session);
  EXPECT_EQ(gravest(sessions), VerdictKind::kInterrupted);
}

TEST(RepeatedSession, EqualOutcomesGiveEqualReportsOnAnyNumberOfThreads) {
  for (const int every : {0, 1}) {
    const SometimesDying one(every);
    const SometimesDying two(every);
    const Json alone = repeat_json(run(one, times(15, 1)));
    EXPECT_EQ(alone, repeat_json(run(two, times(15, 5))));
  }
}

TEST(Percent, IsRoundedUpWhereItExcludes) {
  EXPECT_EQ(percent_up(0.2589), "26 %");
  EXPECT_EQ(percent_up(0.00299), "0.3 %");
  EXPECT_EQ(percent(0.716), "72 %");
}

}  // namespace replay_session_test
}  // namespace recrank
