// How a replay judges engines that die, and deaths that are recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "replay/judge/same_finding.h"
#include "replay/verdict_words.h"
#include "snapshot/agoric/dialect_names.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace replay_end_test {

using namespace agoric;

using testing::HasSubstr;

const char* const kSegv = "v1:alice exited due to signal SIGSEGV";

Verdict with_end(const StepOutcome& outcome, const FakeRecording& recording, uint64_t step) {
  FakeEngine engine(recording);
  engine.at(step).dies = outcome;
  return run_replay(recording, engine).verdict;
}

FakeRecording three_deliveries() { return FakeRecording().add_deliveries(3); }

// Two deliveries, then one that failed so after `calls`.
FakeRecording ending_with(const std::string& text, std::vector<FakeCall> calls = {}) {
  FakeRecording recording;
  recording.add_deliveries(2).add(FakeStep::failed(text, std::move(calls)));
  return recording;
}

TEST(ReplayEnd, ADeathBySignalIsACrashOfThatStep) {
  const Verdict verdict = with_end(killed_by(SIGSEGV), three_deliveries(), 1);
  EXPECT_EQ(verdict_text(verdict), "crashed 1");
  EXPECT_EQ(verdict.end.signal, SIGSEGV);
}

TEST(ReplayEnd, AnExitIsACrash) {
  const Verdict verdict = with_end(exited_with(15, "unhandled exception"), three_deliveries(), 1);
  EXPECT_EQ(verdict_text(verdict), "crashed 1");
  EXPECT_EQ(verdict.end.exit_status, 15);
}

TEST(ReplayEnd, ALimitIsALimit) {
  const Verdict verdict = with_end(met_limit(LimitKind::kStepWall, "5 s"), three_deliveries(), 2);
  EXPECT_EQ(verdict_text(verdict), "limit 2");
  EXPECT_EQ(verdict.limit->value, "5 s");
  EXPECT_EQ(headline(verdict), "limit at step 2: step-wall, 5 s");
  StepLimit used = met_limit(LimitKind::kComputrons, "34300 computrons");
  used.used = "34325";
  EXPECT_EQ(headline(with_end(used, three_deliveries(), 2)),
            "limit at step 2: computrons, 34300 computrons, 34325 used");
}

TEST(ReplayEnd, AnEngineThatBreaksTheProtocolCrashed) {
  const Verdict verdict = with_end(StepGarbled{"frame length '12x4'"}, three_deliveries(), 2);
  EXPECT_EQ(verdict_text(verdict), "crashed 2");
  EXPECT_EQ(verdict.detail, "the engine broke the protocol: frame length '12x4'");
}

TEST(ReplayEnd, ASignalThatSomebodySentIsNeverTheEnginesFault) {
  for (const int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP}) {
    const Verdict verdict = with_end(killed_by(signal), three_deliveries(), 1);
    EXPECT_EQ(verdict_text(verdict), "unjudged 1");
    EXPECT_THAT(verdict.reason, HasSubstr("from outside"));
  }
  StepCrashed sent = killed_by(SIGSEGV);
  sent.end.sent = true;
  EXPECT_EQ(verdict_text(with_end(sent, three_deliveries(), 1)), "unjudged 1");
}

TEST(ReplayEnd, AHangThatWaitsIsNotTheSameAsOneThatComputes) {
  const auto hung = [](HangPace pace) {
    StepLimit limit = met_limit(LimitKind::kStepWall, "5 s");
    limit.end.pace = pace;
    return with_end(limit, three_deliveries(), 2);
  };
  EXPECT_FALSE(same_finding(hung(HangPace::kIdle), hung(HangPace::kBusy)));
  EXPECT_FALSE(same_finding(hung(HangPace::kGrowing), hung(HangPace::kBusy)));
  EXPECT_TRUE(same_finding(hung(HangPace::kIdle), hung(HangPace::kIdle)));
  EXPECT_TRUE(same_finding(hung(HangPace::kIdle), hung(HangPace::kUnknown)));
}

// A server that catches its own errors makes of a want of memory an answer.
TEST(ReplayEnd, AMissingCallIsToldWithTheAnswerAndTheLimitThatItTellsOf) {
  FakeStep step = FakeStep::calling({R"({"path":"/ask"})"});
  step.status.reset();
  step.result = R"({"status":200,"body":"fine"})";
  const FakeRecording recording = FakeRecording("http").add(step);
  FakeEngine engine(recording);
  engine.at(0).calls.clear();
  engine.at(0).result = R"({"status":500,"body":"WebAssembly.instantiate(): Out of memory"})";
  const Verdict verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict_text(verdict), "diverged 0: 0 syscall missing 0");
  EXPECT_THAT(verdict.detail, HasSubstr(R"(it answered {"status":500,)"));
  EXPECT_THAT(verdict.end.own_limit, HasSubstr("address space (6.0 GiB"));
}

TEST(ReplayEnd, AnInterruptInsideAStepIsAnInterrupt) {
  EXPECT_EQ(verdict_text(with_end(StepInterrupted{}, three_deliveries(), 1)), "interrupted 1");
}

TEST(ReplayEnd, ADivergenceBeforeADeathIsTheFinding) {
  const FakeRecording recording = three_deliveries();
  FakeEngine engine(recording);
  engine.at(1).calls[1] = R"(["send","other"])";
  engine.at(1).dies = killed_by(SIGSEGV);
  const Verdict verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict_text(verdict), "diverged 1: 1 syscall wrong 1");
  EXPECT_THAT(verdict.detail, HasSubstr("ended at step 1: crashed"));
}

TEST(ReplayEnd, CallsThatACrashedStepDidNotComeToAreNoDivergence) {
  const FakeRecording recording = three_deliveries();
  FakeEngine engine(recording);
  engine.at(1).calls.pop_back();
  engine.at(1).dies = killed_by(SIGSEGV);
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "crashed 1");
}

TEST(ReplayEnd, ARecordedCrashThatRepeatsIsACrashAsRecorded) {
  const FakeRecording recording = ending_with(kSegv, {{R"(["send","a"])"}});
  FakeEngine engine(recording);
  engine.at(2).dies = killed_by(SIGSEGV);
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "crashed 2 as recorded");
  EXPECT_EQ(result.compared.ends, 1U);
  EXPECT_EQ(result.compared.syscalls, 5U);
}

TEST(ReplayEnd, ARecordedLimitThatRepeatsIsALimitAsRecorded) {
  const auto end = [](const char* text, LimitKind kind) {
    return verdict_text(with_end(met_limit(kind), ending_with(text), 2));
  };
  EXPECT_EQ(end("Compute meter exceeded", LimitKind::kComputrons), "limit 2 as recorded");
  EXPECT_EQ(end("Allocate meter exceeded", LimitKind::kMemory), "limit 2 as recorded");
  EXPECT_EQ(end("Stack meter exceeded", LimitKind::kStack), "limit 2 as recorded");
  EXPECT_EQ(end("v1:a exited: property (key) name space exhausted", LimitKind::kKeys),
            "limit 2 as recorded");
  EXPECT_EQ(end("Stack meter exceeded", LimitKind::kMemory), "diverged 2: 2 end");
}

TEST(ReplayEnd, ARecordedExitThatRepeatsIsACrashAsRecorded) {
  const FakeRecording recording = ending_with("v1:alice exited: I/O error");
  EXPECT_EQ(verdict_text(with_end(exited_with(2), recording, 2)), "crashed 2 as recorded");
  EXPECT_EQ(verdict_text(with_end(exited_with(15), recording, 2)), "diverged 2: 2 end");
  EXPECT_EQ(verdict_text(with_end(killed_by(SIGSEGV), recording, 2)), "diverged 2: 2 end");
}

TEST(ReplayEnd, ARecordedFailureThatDoesNotRepeatDivergesInItsEnd) {
  const FakeRecording recording = ending_with(kSegv);
  const ReplayResult result = run_replay(recording, FakeEngine(recording));
  EXPECT_EQ(verdict_text(result.verdict), "diverged 2: 2 end");
  EXPECT_EQ(result.verdict.divergences[0].expected, kSegv);
  EXPECT_EQ(result.verdict.divergences[0].got, "it answered ok");
  EXPECT_EQ(result.compared.ends, 0U);
  EXPECT_EQ(verdict_text(with_end(killed_by(SIGBUS), recording, 2)), "diverged 2: 2 end");
}

TEST(ReplayEnd, TheCallsOfARecordedFailureAreComparedFirst) {
  const FakeRecording recording = ending_with(kSegv, {{R"(["send","a"])"}, {R"(["send","b"])"}});
  FakeEngine engine(recording);
  engine.at(2).dies = killed_by(SIGSEGV);
  engine.at(2).calls.pop_back();
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "diverged 2: 2 syscall missing 1");
  EXPECT_EQ(result.compared.ends, 0U);
  engine.at(2).calls = {R"(["send","a"])", R"(["send","b"])", R"(["send","c"])"};
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "diverged 2: 2 syscall extra 2");
}

// An engine that does more than the one that died has lived on.
TEST(ReplayEnd, CallsBehindThoseOfARecordedDeathAreAnotherEnd) {
  const FakeRecording recording = ending_with(kSegv, {{R"(["send","a"])"}});
  FakeEngine engine(recording);
  engine.at(2).calls = {R"(["send","a"])", R"(["send","b"])", R"(["send","c"])"};
  Verdict verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict_text(verdict), "diverged 2: 2 end");
  EXPECT_EQ(verdict.divergences[0].expected, kSegv);
  EXPECT_EQ(verdict.divergences[0].got,
            R"(it lived on, made 2 more calls (the first ["send","b"]); it answered ok)");
  // One whose answer nobody knows ends it there, with nothing but that to tell.
  engine.at(2).calls = {R"(["send","a"])", R"(["vatstoreGet","k"])"};
  verdict = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict_text(verdict), "diverged 2: 2 end");
  EXPECT_EQ(verdict.divergences[0].got, R"(it lived on, made 1 more call (["vatstoreGet","k"]))");
  // Of another death it is told as well.
  engine.at(2).calls = {R"(["send","a"])", R"(["send","b"])"};
  engine.at(2).dies = killed_by(SIGBUS);
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "diverged 2: 2 end");
}

// Two deliveries, then one that the recording may end inside of.
FakeRecording ending_inside(std::vector<FakeCall> calls) {
  FakeRecording recording(kXsnap2021);
  recording.add_deliveries(2).add(FakeStep{});
  FakeStep& last = recording.step(2);
  last.calls = std::move(calls);
  last.status.reset();
  last.computrons.reset();
  last.open_end = true;
  return recording;
}

TEST(ReplayOfAnOpenEnd, IsCleanOnAnEngineThatLivesOnAndSaysSo) {
  const FakeRecording recording = ending_inside({{R"(["send","a"])"}});
  FakeEngine engine(recording);
  engine.at(2).calls = {R"(["send","a"])", R"(["send","b"])", R"(["subscribe","p"])"};
  for (const auto mode : {OnDivergence::kStop, OnDivergence::kContinue}) {
    const ReplayResult result = run_replay(recording, engine, replay_request(mode));
    EXPECT_EQ(verdict_text(result.verdict), "clean");
    EXPECT_EQ(result.compared.steps, 3U);
    EXPECT_EQ(result.compared.syscalls, 5U);
    ASSERT_TRUE(result.verdict.lived_on);
    EXPECT_EQ(lived_on_line(*result.verdict.lived_on),
              "lived on behind the end of the record: in step 2 it made 2 more calls, the first "
              R"(["send","b"])");
  }
}

TEST(ReplayOfAnOpenEnd, IsCleanToTheCallWhoseAnswerNobodyKnows) {
  const FakeRecording recording = ending_inside({});
  FakeEngine engine(recording);
  engine.at(2).calls = {R"(["vatstoreGet","k"])", R"(["send","b"])"};
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_FALSE(result.ended);
  EXPECT_EQ(result.compared.steps, 3U);
  EXPECT_EQ(result.verdict.lived_on->calls, 1U);
  EXPECT_EQ(engine.log().back(), "end");
}

TEST(ReplayOfAnOpenEnd, TellsThatTheStepWasAnsweredWhereNoMoreWasCalled) {
  const FakeRecording recording = ending_inside({{R"(["send","a"])"}});
  const Verdict verdict = run_replay(recording, FakeEngine(recording)).verdict;
  EXPECT_EQ(verdict_text(verdict), "clean");
  EXPECT_EQ(lived_on_line(*verdict.lived_on),
            "the record may end inside step 2, which the engine answered: it lives");
}

TEST(ReplayOfAnOpenEnd, FindsWhatItFindsInAnyStep) {
  const FakeRecording recording = ending_inside({{R"(["send","a"])"}, {R"(["send","b"])"}});
  FakeEngine engine(recording);
  engine.at(2).calls = {R"(["send","x"])", R"(["send","b"])"};
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "diverged 2: 2 syscall wrong 0");
  engine.at(2).calls = {R"(["send","a"])"};
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "diverged 2: 2 syscall missing 1");
  engine.at(2).dies = killed_by(SIGSEGV);
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "crashed 2");
  engine.at(2).calls = {R"(["send","a"])", R"(["send","b"])", R"(["send","c"])"};
  const Verdict late = run_replay(recording, engine).verdict;
  EXPECT_EQ(verdict_text(late), "crashed 2");
  EXPECT_EQ(
      late.detail,
      R"(behind the end of the record, inside step 2, it lived on, made 1 more call (["send","c"]))");
  EXPECT_FALSE(late.lived_on);
}

TEST(ReplayOfAnOpenEnd, WithNothingElseToCompareIsNotClean) {
  const FakeRecording recording = ending_inside({});
  FakeEngine engine(recording);
  engine.at(2).calls = {R"(["send","b"])"};
  ReplayRequest request = replay_request();
  request.from = 2;
  FakeRecording later = recording;
  later.checkpoint(CheckpointKind::kHeapSnapshot, 2);
  const Verdict verdict = run_replay(later, engine, request).verdict;
  EXPECT_EQ(verdict_text(verdict), "unjudged");
  EXPECT_TRUE(verdict.lived_on);
}

TEST(ReplayEnd, OurOwnLimitsSayNothingAgainstARecordedFailure) {
  const FakeRecording recording = ending_with("Compute meter exceeded");
  EXPECT_EQ(verdict_text(with_end(met_limit(LimitKind::kStepWall), recording, 2)), "limit 2");
  EXPECT_EQ(verdict_text(with_end(killed_by(SIGKILL), recording, 2)), "unjudged 2");
}

TEST(ReplayEnd, ARecordedKillFromOutsideCannotBeHeldAgainstAnEngine) {
  const FakeRecording recording = ending_with("v1:alice exited due to signal SIGKILL");
  EXPECT_EQ(verdict_text(run_replay(recording, FakeEngine(recording)).verdict), "unjudged 2");
  EXPECT_EQ(verdict_text(with_end(killed_by(SIGSEGV), recording, 2)), "crashed 2");
}

TEST(ReplayEnd, AVatErrorThatRepeatsLetsTheReplayGoOn) {
  FakeRecording recording = ending_with("no such thing");
  recording.add_deliveries(1);
  FakeEngine engine(recording);
  engine.at(2).ok = false;
  engine.at(2).result = R"(["error","no such thing",null])";
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.compared.steps, 4U);
  EXPECT_EQ(result.compared.ends, 1U);
  EXPECT_EQ(result.verdict.detail, "step 2 failed as recorded: no such thing");
  engine.at(2).result = R"(["error","another",null])";
  EXPECT_EQ(verdict_text(run_replay(recording, engine).verdict), "diverged 2: 2 end");
}

TEST(ReplayEnd, NothingRunsBehindARecordedDeath) {
  FakeRecording recording = ending_with(kSegv);
  recording.add_deliveries(2);
  FakeEngine engine(recording);
  engine.at(2).dies = killed_by(SIGSEGV);
  const ReplayResult result = run_replay(recording, engine);
  EXPECT_EQ(verdict_text(result.verdict), "crashed 2 as recorded");
  EXPECT_EQ(result.compared.steps, 2U);
}

Verdict with_failed_start(StepOutcome failure, const std::string& stage,
                          std::string_view era = kXsnap2024) {
  FakeRecording recording(era);
  recording.add_deliveries(1);
  FakeEngine engine(recording);
  engine.refuse_to_start(std::move(failure), stage);
  return run_replay(recording, engine).verdict;
}

TEST(ReplayStart, ADeathBySignalIsACrashBeforeTheFirstStep) {
  const Verdict verdict = with_failed_start(killed_by(SIGSEGV), "lockdown");
  EXPECT_EQ(verdict_text(verdict), "crashed 0");
  EXPECT_EQ(verdict.detail, "while starting (lockdown)");
}

TEST(ReplayStart, ALimitIsALimit) {
  const Verdict verdict = with_failed_start(met_limit(LimitKind::kMemory), "lockdown");
  EXPECT_EQ(verdict_text(verdict), "limit 0");
  EXPECT_EQ(verdict.detail, "while starting (lockdown)");
}

TEST(ReplayStart, AnEngineThatWillNotStartLeavesAllUnjudged) {
  StepCrashed exited = exited_with(1, "bad argument usage");
  exited.end.last_words = "usage: xsnap";
  EXPECT_EQ(with_failed_start(exited, "spawn").reason,
            "engine will not start: the engine exited with status 1 (bad argument usage) in spawn; "
            "its last words: usage: xsnap");
  EXPECT_EQ(with_failed_start(StepGarbled{"rubbish"}, "lockdown").reason,
            "engine will not start: the engine broke the protocol: rubbish in lockdown");
  EXPECT_EQ(verdict_text(with_failed_start(killed_by(SIGKILL), "lockdown")), "unjudged 0");
}

TEST(ReplayStart, ARefusedBundleNamesTheOptionsThatMayBeMissing) {
  const std::string answer = R"(["err","TypeError","cannot coerce null to object"])";
  const StepDone refused{false, answer, {}, {}};
  EXPECT_EQ(with_failed_start(refused, "setBundle").reason,
            "engine will not start: setBundle answered " + answer);
  EXPECT_THAT(with_failed_start(refused, "setBundle", kXsnap2021).reason,
              HasSubstr("give --vat-parameters, --cache-size, --enable-disavow"));
}

}  // namespace replay_end_test
}  // namespace recrank
