#include "replay/judge/free_run.h"
#include "replay/dialect.h"

#include <gtest/gtest.h>

#include <csignal>

#include "replay/judge/same_finding.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/made_recording.h"
#include "snapshot/montana/montana.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace free_run_test {

using namespace agoric;
using namespace montana;
using namespace program;

const Interrupt kNoInterrupt;
const char* const kNull = R"(["ok",null])";

FakeStep start_step() {
  FakeStep step = FakeStep::calling({R"(["vatstoreSet","base","1"])"});
  step.delivery = R"(["startVat",{}])";
  return step;
}

FakeStep asking(std::vector<FakeCall> calls) {
  FakeStep step;
  step.calls = std::move(calls);
  return step;
}

// A vat that starts, counts in its store and asks a device.
FakeRecording counting() {
  FakeRecording recording;
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add(start_step());
  recording.add(asking({{R"(["vatstoreGet","n"])", kNull}, {R"(["vatstoreSet","n","1"])", kNull}}));
  recording.add(
      asking({{R"(["vatstoreGet","n"])", R"(["ok","1"])"}, {R"(["vatstoreSet","n","2"])", kNull}}));
  recording.add(asking(
      {{R"(["callNow","d-1","now",{}])", R"(["ok","x"])"}, {R"(["send","o-1",{}])", kNull}}));
  recording.add(asking({{R"(["vatstoreGet","n"])", R"(["ok","2"])"}}));
  return recording;
}

struct Ran {
  FreeRunResult result;
  std::vector<MadeStep> observed;
};

Ran run(const FakeRecording& recording, const FakeEngine& engine,
        const std::vector<uint64_t>& steps, size_t checkpoint = 0,
        const Interrupt& interrupt = kNoInterrupt) {
  const ReplayRequest request = replay_request();
  const Checkpoint start = recording.checkpoints("v1").at(checkpoint);
  const uint64_t last = recording.subjects().front().held.back().end - 1;
  const auto known =
      dialect_of(recording).gather_answers(recording, "v1", start, last, kNoInterrupt);
  Ran ran;
  ran.result =
      free_run({recording, engine, request, start, *known}, steps, interrupt, &ran.observed);
  return ran;
}

// A program that answers: nothing of a kernel goes into what is kept of it.
TEST(FreeRun, OfAProgramExpectsAnAnswerOnlyWhereItIsTheRecordedOne) {
  FakeRecording recording(kProcessDialect);
  FakeStep answered = FakeStep::telling({});
  answered.result = "\"recorded\"";
  recording.add(answered).add(FakeStep::telling({})).add(answered).add(answered);
  FakeEngine engine(recording);
  for (const uint64_t step : {0U, 1U, 2U}) engine.at(step).result = "\"recorded\"";
  engine.at(2).result = "\"of a history that nobody recorded\"";
  engine.at(3).dies = killed_by(SIGILL);
  const Ran ran = run(recording, engine, {0, 1, 2, 3});
  EXPECT_EQ(ran.result.end, FreeRunEnd::kFinding);
  ASSERT_EQ(ran.observed.size(), 4U);
  EXPECT_EQ(ran.observed[0].expected_result, "\"recorded\"");
  for (const size_t each : {1U, 2U, 3U}) EXPECT_EQ(ran.observed[each].expected_result, "") << each;
  for (const MadeStep& each : ran.observed) {
    EXPECT_EQ(each.status, std::nullopt);
    EXPECT_EQ(each.computrons, std::nullopt);
    EXPECT_EQ(each.failure_text, "");
  }
}

TEST(FreeRun, OfANodeExpectsAFactOnlyWhereItIsTheRecordedOne) {
  FakeRecording recording(kMontanaDialect);
  FakeStep step = FakeStep::telling({{"root", "a"}, {"node_root", "n"}, {"proposer", "p", true}});
  step.summary = "2 transfers";
  recording.add(step);
  FakeEngine engine(recording);
  engine.at(0).facts = {{"root", "b"}, {"node_root", "n"}, {"proposer", "p", true}, {"clock", "9"}};
  const Ran ran = run(recording, engine, {0});
  ASSERT_EQ(ran.observed.size(), 1U);
  ASSERT_EQ(ran.observed[0].facts.size(), 2U);
  EXPECT_EQ(ran.observed[0].facts[0].name, "node_root");
  EXPECT_TRUE(ran.observed[0].facts[1].local);
  EXPECT_TRUE(ran.observed[0].facts_tell_delivery);
  EXPECT_EQ(ran.observed[0].summary, "2 transfers");
}

// Without a kernel a request is answered as it was recorded, or not at all.
TEST(FreeRun, RequestsOfAProgramAreAnsweredAsRecorded) {
  FakeRecording recording(kHttpDialect);
  FakeStep asks = asking({{R"(["vatstoreGet","n"])", R"({"status":200})"}});
  recording.add(asks).add(asks).add(asking({{"\"x\"", "1"}})).add(asking({{"\"x\"", "2"}}));
  FakeEngine engine(recording);
  EXPECT_EQ(run(recording, engine, {1}).result.end, FreeRunEnd::kRan);
  EXPECT_EQ(engine.answers(), std::vector<std::string>{R"({"status":200})"});
  const Ran unsure = run(recording, engine, {3});
  EXPECT_EQ(unsure.result.end, FreeRunEnd::kUnanswerable);
  EXPECT_EQ(unsure.result.reason, "a call that the recording answers in several ways");
  engine.at(0).calls = {"\"y\""};
  EXPECT_EQ(run(recording, engine, {0}).result.reason, "a call that the recording does not hold");
}

TEST(FreeRun, AnswersFromWhatTheKeptStepsWroteNotFromTheRecording) {
  const FakeRecording recording = counting();
  const FakeEngine engine(recording);
  const Ran ran = run(recording, engine, {1, 3, 5});
  EXPECT_EQ(ran.result.end, FreeRunEnd::kRan);
  EXPECT_EQ(ran.result.steps_run, 3U);
  EXPECT_EQ(engine.answers(), (std::vector<std::string>{kNull, kNull, kNull, R"(["ok","2"])"}));
  ASSERT_EQ(ran.observed.size(), 3U);
  EXPECT_EQ(ran.observed[1].calls[0].answer, kNull);  // recorded is "1", which step 2 wrote
  EXPECT_EQ(ran.observed[2].origin, 5U);
  EXPECT_EQ(ran.observed[2].computrons, 1000U);
}

TEST(FreeRun, AWriteOfAFailedDeliveryIsTakenBack) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  engine.at(3).ok = false;
  engine.at(3).result = R"(["error","no such thing",null])";
  const Ran ran = run(recording, engine, {1, 2, 3, 5});
  EXPECT_EQ(engine.answers().back(), R"(["ok","1"])");
  // Nobody recorded that it fails.
  EXPECT_EQ(ran.observed[2].status, std::nullopt);
  EXPECT_EQ(ran.observed[2].failure_text, "");
}

TEST(FreeRun, ADeviceIsAnsweredOnlyWhereItAlwaysSaidTheSame) {
  FakeRecording recording = counting();
  {
    const FakeEngine engine(recording);
    EXPECT_EQ(run(recording, engine, {1, 4}).result.end, FreeRunEnd::kRan);
    EXPECT_EQ(engine.answers()[1], R"(["ok","x"])");
  }
  recording.add(asking({{R"(["callNow","d-1","now",{}])", R"(["ok","y"])"}}));
  const FakeEngine engine(recording);
  const Ran ran = run(recording, engine, {1, 4});
  EXPECT_EQ(ran.result.end, FreeRunEnd::kUnanswerable);
  EXPECT_EQ(ran.result.reason, "callNow that the recording answers in several ways");
}

TEST(FreeRun, ACallWithoutAModelEndsItWithAReason) {
  const FakeRecording recording = counting();
  for (const char* call :
       {R"(["vatstoreGetAfter","","a"])", "{}", "", R"(["callNow","d-9","x",{}])"}) {
    FakeEngine engine(recording);
    engine.at(2).calls = {call};
    const Ran ran = run(recording, engine, {1, 2});
    EXPECT_EQ(ran.result.end, FreeRunEnd::kUnanswerable) << call;
    EXPECT_NE(ran.result.reason, "") << call;
  }
}

TEST(FreeRun, BehindAHeapTheStoreIsWhatTheHistoryLeft) {
  FakeRecording recording = counting();
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 4);
  const FakeEngine engine(recording);
  EXPECT_EQ(run(recording, engine, {5}, 1).result.end, FreeRunEnd::kRan);
  EXPECT_EQ(engine.answers().back(), R"(["ok","2"])");
}

TEST(FreeRun, BehindAHeapWithoutItsHistoryTheRecordedReadsCount) {
  FakeRecording recording = counting();
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 4);
  recording.drop({0, 4});
  FakeEngine engine(recording);
  EXPECT_EQ(run(recording, engine, {5}, 1).result.end, FreeRunEnd::kRan);
  EXPECT_EQ(engine.answers().back(), R"(["ok","2"])");
  engine.at(5).calls = {R"(["vatstoreGet","base"])"};  // set before, but nobody can know
  EXPECT_EQ(run(recording, engine, {5}, 1).result.end, FreeRunEnd::kUnanswerable);
}

TEST(FreeRun, AnEndThatNobodyRecordedIsNotExpected) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  engine.at(5).dies = killed_by(SIGSEGV);
  const Ran ran = run(recording, engine, {1, 5});
  EXPECT_EQ(ran.result.end, FreeRunEnd::kFinding);
  EXPECT_EQ(ran.result.verdict.step, 5U);
  EXPECT_EQ(ran.observed.back().status, std::nullopt);
  EXPECT_EQ(ran.observed.back().failure_text, "");
  EXPECT_TRUE(ran.observed.back().open_end);
  EXPECT_FALSE(ran.observed.back().unclaimed);
}

TEST(FreeRun, AnEndThatIsRecordedIsExpected) {
  FakeRecording recording = counting();
  recording.add(FakeStep::failed("v1:alice exited due to signal SIGSEGV"));
  FakeEngine engine(recording);
  engine.at(6).dies = killed_by(SIGSEGV);
  const Ran ran = run(recording, engine, {1, 6});
  EXPECT_EQ(ran.observed.back().status, RecordedStatus::kFailed);
  EXPECT_EQ(ran.observed.back().failure_text, "v1:alice exited due to signal SIGSEGV");
  EXPECT_FALSE(ran.observed.back().open_end);
}

TEST(FreeRun, WhatCameOutOtherwiseThanRecordedIsNotClaimed) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  engine.at(2).calls = {R"(["vatstoreGet","base"])"};
  engine.at(3).computrons = 999;
  const Ran ran = run(recording, engine, {1, 2, 3, 5});
  ASSERT_EQ(ran.observed.size(), 4U);
  EXPECT_FALSE(ran.observed[0].unclaimed);
  EXPECT_EQ(ran.observed[0].status, RecordedStatus::kOk);
  EXPECT_EQ(ran.observed[0].computrons, 1000U);
  EXPECT_TRUE(ran.observed[1].unclaimed);
  EXPECT_EQ(ran.observed[1].status, std::nullopt);
  EXPECT_EQ(ran.observed[1].computrons, std::nullopt);
  EXPECT_EQ(ran.observed[2].status, RecordedStatus::kOk);
  EXPECT_EQ(ran.observed[2].computrons, std::nullopt);
}

// A shrunk history and the engines that it is handed to.
class MadeHistory : public testing::Test {
 protected:
  // Steps 1, 3 and 5 of counting(), on an engine that dies in the last one, after its call.
  MadeHistory() : recording_(counting()) {
    FakeEngine dying(recording_);
    dying.at(5).dies = met_limit(LimitKind::kStack, "deep");
    made_.emplace(recording_, recording_.subjects().front(), recording_.checkpoints("v1").front(),
                  recording_.setup("v1", 0), run(recording_, dying, {1, 3, 5}).observed);
    for (size_t i = 0; i < 3; ++i) shape_.add(FakeStep());
    engine_ = std::make_unique<FakeEngine>(shape_);
    FakeEngine as_recorded(recording_);
    engine_->at(0) = as_recorded.at(1);
    engine_->at(1) = as_recorded.at(3);
    engine_->at(2) = as_recorded.at(5);
  }
  [[nodiscard]] Verdict verdict() const {
    const ReplayRequest request = replay_request();
    return replay(*made_, *engine_, request, plan_replay(*made_, request), kNoInterrupt, nullptr)
        .verdict;
  }

  FakeRecording recording_;
  std::optional<MadeRecording> made_;
  FakeRecording shape_;
  std::unique_ptr<FakeEngine> engine_;
};

TEST_F(MadeHistory, ShowsTheFindingAndNobodyRecordedIt) {
  engine_->at(2).dies = met_limit(LimitKind::kStack, "deep");
  EXPECT_EQ(verdict_text(verdict()), "limit 2");
}

TEST_F(MadeHistory, IsCleanOnAnEngineThatLivesOn) {
  EXPECT_EQ(verdict_text(verdict()), "clean");
  engine_->at(2).calls.emplace_back(R"(["send","o-1",{}])");
  engine_->at(2).calls.emplace_back(R"(["vatstoreGet","what nobody can answer"])");
  EXPECT_EQ(verdict_text(verdict()), "clean");
}

TEST_F(MadeHistory, StillDivergesFromWhatWasRecorded) {
  engine_->at(0).computrons = 1;
  EXPECT_EQ(verdict_text(verdict()), "diverged 0: 0 computrons");
}

TEST_F(MadeHistory, SaysNothingOfAnEngineThatDoesOtherwiseWhereNothingWasRecorded) {
  std::vector<MadeStep> steps = made_->made_steps();
  steps[1].unclaimed = true;
  made_.emplace(recording_, recording_.subjects().front(), recording_.checkpoints("v1").front(),
                recording_.setup("v1", 0), steps);
  EXPECT_EQ(verdict_text(verdict()), "clean");
  engine_->at(1).calls.front() = R"(["vatstoreGet","another"])";
  const Verdict other = verdict();
  EXPECT_EQ(verdict_text(other), "unjudged 1");
  EXPECT_NE(other.reason.find("does otherwise on this engine"), std::string::npos) << other.reason;
  engine_->at(1).dies = killed_by(SIGSEGV);
  EXPECT_EQ(verdict_text(verdict()), "crashed 1");
}

TEST(FreeRun, AKillFromOutsideIsNoFinding) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  engine.at(2).dies = killed_by(SIGKILL);
  EXPECT_EQ(run(recording, engine, {1, 2}).result.end, FreeRunEnd::kUnanswerable);
}

TEST(FreeRun, AnInterruptEndsItBetweenSteps) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  Interrupt interrupt;
  engine.before_step([&](uint64_t step) {
    if (step == 2) interrupt.request();
  });
  const Ran ran = run(recording, engine, {1, 2, 3}, 0, interrupt);
  EXPECT_EQ(ran.result.end, FreeRunEnd::kInterrupted);
  EXPECT_EQ(ran.result.steps_run, 2U);
}

TEST(FreeRun, AnEngineThatDoesNotStartIsTheFindingOfItsFirstStep) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  engine.refuse_to_start(killed_by(SIGSEGV), "lockdown");
  const Ran ran = run(recording, engine, {1, 2});
  EXPECT_EQ(ran.result.end, FreeRunEnd::kFinding);
  EXPECT_EQ(ran.observed.size(), 1U);
}

TEST(FreeItems, KeepStartVatAndCountSavesOfTheHeapAsSteps) {
  FakeRecording recording = counting();
  recording.add(FakeStep::save("abc")).add(FakeStep::of(StepKind::kLoadSnapshot)).add(FakeStep());
  ReplayRequest request = replay_request();
  const auto genesis = recording.checkpoints("v1").front();
  FreeItems items = free_items(recording, request, genesis, 8, kNoInterrupt);
  EXPECT_EQ(items.forced, (std::vector<uint64_t>{1}));
  EXPECT_EQ(items.items, (std::vector<uint64_t>{2, 3, 4, 5, 6, 8}));
  request.compare.snapshots = false;  // then no replay writes a heap there either
  items = free_items(recording, request, genesis, 8, kNoInterrupt);
  EXPECT_EQ(items.items, (std::vector<uint64_t>{2, 3, 4, 5, 8}));
}

std::string starts_text(const FakeRecording& recording, const ReplayRequest& request,
                        uint64_t last) {
  std::string text;
  for (const Checkpoint& each : free_run_starts(recording, request, last))
    text += each.label() + " ";
  return text;
}

TEST(FreeRunStarts, AreTheNearestHeapAndTheBeginningOfTheSameIncarnation) {
  FakeRecording recording;
  recording.add_deliveries(30);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 5)
      .checkpoint(CheckpointKind::kHeapSnapshot, 9);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 12, false);
  recording.checkpoint(CheckpointKind::kGenesis, 15).checkpoint(CheckpointKind::kHeapSnapshot, 20);
  ReplayRequest request = replay_request();
  EXPECT_EQ(starts_text(recording, request, 3), "genesis ");
  EXPECT_EQ(starts_text(recording, request, 13), "snapshot@9 genesis ");
  EXPECT_EQ(starts_text(recording, request, 16), "genesis@15 ");
  EXPECT_EQ(starts_text(recording, request, 25), "snapshot@20 genesis@15 ");
  request.from_genesis = true;
  EXPECT_EQ(starts_text(recording, request, 25), "genesis@15 ");
  request = replay_request();
  request.from = 6;
  EXPECT_EQ(starts_text(recording, request, 13), "snapshot@5 ");
  // A replay from there met it on the way from its checkpoint to --from.
  request.from = 14;
  EXPECT_EQ(starts_text(recording, request, 11), "snapshot@9 ");
  request = replay_request();
  request.user_setup.set("supervisor", "mine");  // no heap has it inside
  EXPECT_EQ(starts_text(recording, request, 13), "genesis ");
  request = replay_request();
  recording.drop({0, 7});
  EXPECT_EQ(starts_text(recording, request, 13), "snapshot@9 ");
}

Verdict crashed(int signal, int exit_status = 0, const std::string& signature = "") {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.end.signal = signal;
  verdict.end.exit_status = exit_status;
  verdict.signature = signature;
  return verdict;
}

// One of them was not looked at: its signature is its signal.
TEST(SameFinding, OfADeathThatNobodyLookedAtGoesByItsSignal) {
  EXPECT_TRUE(same_crash_or_limit(crashed(SIGSEGV, 0, "SIGSEGV"),
                                  crashed(SIGSEGV, 0, "SIGSEGV null fxRunID")));
  EXPECT_FALSE(same_crash_or_limit(crashed(SIGABRT, 0, "SIGABRT"),
                                   crashed(SIGSEGV, 0, "SIGSEGV null fxRunID")));
  EXPECT_FALSE(same_crash_or_limit(crashed(0, 1, "exit 1"), crashed(0, 1, "exit 1 error \"x\"")));
}

TEST(SameFinding, IsTheSameKindAndSignatureAtWhateverStep) {
  Verdict early = crashed(SIGSEGV);
  early.step = 3;
  Verdict late = crashed(SIGSEGV);
  late.step = 300;
  EXPECT_TRUE(same_crash_or_limit(early, late));
  EXPECT_FALSE(same_crash_or_limit(crashed(SIGSEGV), crashed(SIGABRT)));
  EXPECT_FALSE(same_crash_or_limit(crashed(SIGSEGV), crashed(0, 15)));
  EXPECT_FALSE(same_crash_or_limit(crashed(0, 2), crashed(0, 15)));
  EXPECT_TRUE(same_crash_or_limit(crashed(SIGSEGV, 0, "a"), crashed(SIGSEGV, 0, "a")));
  EXPECT_FALSE(same_crash_or_limit(crashed(SIGSEGV, 0, "a"), crashed(SIGSEGV, 0, "b")));
  EXPECT_FALSE(same_crash_or_limit(Verdict(), Verdict()));
  Verdict hang;
  hang.kind = VerdictKind::kLimit;
  hang.limit = met_limit(LimitKind::kStepWall);
  hang.signature = "one sample of a loop";
  Verdict again = hang;
  again.signature = "another";
  EXPECT_TRUE(same_crash_or_limit(hang, again));
  again.limit = met_limit(LimitKind::kCpu);
  EXPECT_FALSE(same_crash_or_limit(hang, again));
}

}  // namespace free_run_test
}  // namespace recrank
