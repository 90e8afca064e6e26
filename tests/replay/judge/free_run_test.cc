#include "replay/judge/free_run.h"
#include "replay/dialect.h"

#include <gtest/gtest.h>

#include <csignal>

#include "replay/agoric/recorded_failure.h"
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
TEST(FreeRun, OfAProgramKeepsItsOwnAnswersWhereOneWasRecorded) {
  FakeRecording recording(kProcessDialect);
  FakeStep answered = FakeStep::telling({});
  answered.result = "\"recorded\"";
  recording.add(answered).add(FakeStep::telling({})).add(answered);
  FakeEngine engine(recording);
  for (const uint64_t step : {0U, 1U, 2U})
    engine.at(step).result = "\"now " + std::to_string(step) + "\"";
  engine.at(2).dies = killed_by(SIGILL);
  const Ran ran = run(recording, engine, {0, 1, 2});
  EXPECT_EQ(ran.result.end, FreeRunEnd::kFinding);
  ASSERT_EQ(ran.observed.size(), 3U);
  EXPECT_EQ(ran.observed[0].expected_result, "\"now 0\"");
  EXPECT_EQ(ran.observed[1].expected_result, "");
  EXPECT_EQ(ran.observed[2].expected_result, "");
  for (const MadeStep& each : ran.observed) {
    EXPECT_EQ(each.status, std::nullopt);
    EXPECT_EQ(each.computrons, std::nullopt);
    EXPECT_EQ(each.failure_text, "");
  }
}

TEST(FreeRun, OfANodeKeepsItsOwnFactsWhereTheyWereRecorded) {
  FakeRecording recording(kMontanaDialect);
  FakeStep step = FakeStep::telling({{"root", "a"}, {"proposer", "p", true}});
  step.summary = "2 transfers";
  recording.add(step);
  FakeEngine engine(recording);
  engine.at(0).facts = {{"root", "b"}, {"proposer", "q", true}, {"clock", "9"}};
  const Ran ran = run(recording, engine, {0});
  ASSERT_EQ(ran.observed.size(), 1U);
  ASSERT_EQ(ran.observed[0].facts.size(), 2U);
  EXPECT_EQ(ran.observed[0].facts[0].value, "b");
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
  EXPECT_EQ(ran.observed[2].status, RecordedStatus::kFailed);
  EXPECT_EQ(ran.observed[2].failure_text, "no such thing");
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

TEST(FreeRun, AnEndIsAFindingWithTheKernelsOwnSentence) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  engine.at(5).dies = killed_by(SIGSEGV);
  const Ran ran = run(recording, engine, {1, 5});
  EXPECT_EQ(ran.result.end, FreeRunEnd::kFinding);
  EXPECT_EQ(ran.result.verdict.step, 5U);
  EXPECT_EQ(ran.observed.back().status, RecordedStatus::kFailed);
  EXPECT_EQ(ran.observed.back().failure_text, "v1:fake exited due to signal SIGSEGV");
}

TEST(FreeRun, WhatWasObservedReplaysAsRecorded) {
  const FakeRecording recording = counting();
  FakeEngine engine(recording);
  engine.at(3).dies = met_limit(LimitKind::kComputrons, "7 computrons");
  Ran ran = run(recording, engine, {1, 3, 5});
  ASSERT_EQ(ran.observed.size(), 2U);
  const MadeRecording made(recording, recording.subjects().front(),
                           recording.checkpoints("v1").front(), recording.setup("v1", 0),
                           ran.observed);
  // Steps 0 and 1 of the made recording do what 1 and 3 did.
  FakeRecording shape;
  shape.add(FakeStep()).add(FakeStep());
  FakeEngine again(shape);
  again.at(0) = engine.at(1);
  again.at(1) = engine.at(3);
  const ReplayRequest request = replay_request();
  const ReplayResult result =
      replay(made, again, request, plan_replay(made, request), kNoInterrupt, nullptr);
  EXPECT_EQ(verdict_text(result.verdict), "limit 1 as recorded");
  EXPECT_EQ(result.compared.syscalls, 3U);
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

TEST(KernelSentence, IsReadBackAsTheSameEnd) {
  const auto met = [](const StepOutcome& outcome, const Verdict& verdict) {
    const std::string text = kernel_sentence(verdict, "v1:alice");
    return !text.empty() && met_again(parse_recorded_failure(text), outcome);
  };
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE}) {
    EXPECT_TRUE(met(killed_by(signal), crashed(signal)));
  }
  for (const int status : {0, 1, 2, 3, 15, 42, 255})
    EXPECT_TRUE(met(exited_with(status), crashed(0, status))) << status;
  for (const LimitKind kind :
       {LimitKind::kComputrons, LimitKind::kStack, LimitKind::kMemory, LimitKind::kKeys}) {
    Verdict verdict;
    verdict.kind = VerdictKind::kLimit;
    verdict.limit = met_limit(kind);
    EXPECT_TRUE(met(met_limit(kind), verdict));
  }
  Verdict hang;
  hang.kind = VerdictKind::kLimit;
  hang.limit = met_limit(LimitKind::kStepWall);
  EXPECT_EQ(kernel_sentence(hang, "v1:alice"), "");
  Verdict garbled = crashed(0, 0);
  garbled.end.meaning = "broke the protocol";
  EXPECT_EQ(kernel_sentence(garbled, "v1:alice"), "");
}

}  // namespace free_run_test
}  // namespace recrank
