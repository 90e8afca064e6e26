#include "harness/certainty/perturb_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace perturb_session_test {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

PerturbedReplay perturb(const FakeRecording& recording, const FakeEngine& engine, size_t count) {
  const ReplayResult control = run_replay(recording, engine);
  PerturbRequest request;
  request.variations = count;
  return run_perturbed(recording, engine, replay_request(), control, request, {}, nullptr);
}

FakeRecording forty_deliveries() {
  FakeRecording recording;
  recording.add_deliveries(40);
  return recording;
}

Verdict crashed(const std::string& signature, uint64_t step = 3) {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.step = step;
  verdict.signature = signature;
  verdict.end.signal = SIGSEGV;
  return verdict;
}

PerturbedRun run_with(Verdict verdict) {
  PerturbedRun run;
  run.result.verdict = std::move(verdict);
  return run;
}

TEST(PerturbSession, AnHonestEngineIsCleanInEveryVariation) {
  const FakeRecording recording = forty_deliveries();
  const FakeEngine engine(recording);
  const PerturbedReplay replay = perturb(recording, engine, 16);
  EXPECT_EQ(replay.clean, 16U);
  EXPECT_TRUE(replay.findings.empty());
  EXPECT_THAT(perturb_answer(replay), HasSubstr("clean in 16 of 16 variations"));
  EXPECT_THAT(perturb_answer(replay), HasSubstr("more than 18 %"));
}

TEST(PerturbSession, ACrashThatOnlyAReloadShowsIsOnlyHidden) {
  const FakeRecording recording = forty_deliveries();
  FakeEngine engine(recording);
  engine.dies_when_reloaded(39, killed_by(SIGSEGV));
  const PerturbedReplay replay = perturb(recording, engine, 8);
  EXPECT_EQ(replay.control.kind, VerdictKind::kClean);
  ASSERT_EQ(replay.findings.size(), 1U);
  EXPECT_FALSE(replay.findings[0].as_control);
  for (const size_t run : replay.findings[0].runs) {
    EXPECT_FALSE(replay.runs[run].variation.perturbation.reload_after.empty());
    EXPECT_EQ(replay.runs[run].result.verdict.step, 39U);
  }
  EXPECT_THAT(perturb_answer(replay), StartsWith("only hidden"));
  EXPECT_THAT(perturb_answer(replay), HasSubstr("reload after step 38"));
}

TEST(PerturbSession, AVatThatDivergesOnlyAfterReloadsIsToldWithTheSchedules) {
  const FakeRecording recording = forty_deliveries();
  FakeEngine engine(recording);
  StepDone wrong;
  wrong.ok = false;
  wrong.result = R"(["error","lost my memory",null])";
  engine.dies_when_reloaded(39, wrong);  // answers otherwise, to be exact
  const PerturbedReplay replay = perturb(recording, engine, 8);
  EXPECT_THAT(perturb_answer(replay), HasSubstr("diverges at these reload schedules: "));
  EXPECT_THAT(perturb_answer(replay), HasSubstr("reload after step 38"));
}

TEST(PerturbSession, ACrashThatStaysIsTheSameFindingInAll) {
  const FakeRecording recording = forty_deliveries();
  FakeEngine engine(recording);
  engine.at(20).dies = killed_by(SIGSEGV);
  const PerturbedReplay replay = perturb(recording, engine, 8);
  ASSERT_EQ(replay.findings.size(), 1U);
  EXPECT_TRUE(replay.findings[0].as_control);
  EXPECT_THAT(perturb_answer(replay), StartsWith("the same finding in 8 of 8 variations"));
  EXPECT_THAT(perturb_answer(replay), Not(HasSubstr("hidden")));
}

TEST(PerturbSession, ADeathWhileAnExtraHeapIsWrittenIsAFinding) {
  const FakeRecording recording = forty_deliveries();
  FakeEngine engine(recording);
  engine.heap_dies_after(38, killed_by(SIGSEGV));
  const PerturbedReplay replay = perturb(recording, engine, 8);
  ASSERT_EQ(replay.findings.size(), 1U);
  EXPECT_TRUE(replay.findings[0].of_itself);
  EXPECT_THAT(perturb_answer(replay),
              StartsWith("nothing hidden was met in a step, but not clean"));
  EXPECT_THAT(perturb_answer(replay), HasSubstr("in that heap itself, and in no step"));
}

// One extra heap kills it in a later step, wherever it is written: an engine of 2021.
FakeEngine dying_of_heaps(const FakeRecording& recording, const char* how = "SIGSEGV") {
  FakeEngine engine(recording);
  for (uint64_t step = 0; step < 40; ++step) {
    StepCrashed end = killed_by(SIGSEGV);
    end.end.meaning = how;
    engine.heap_dies_after(step, end);
  }
  return engine;
}

TEST(PerturbSession, VariationsThatTheEngineDoesNotSurviveAnywhereAreLeftOut) {
  const FakeRecording recording = forty_deliveries();
  const FakeEngine engine = dying_of_heaps(recording);
  const PerturbedReplay replay = perturb(recording, engine, 8);
  EXPECT_THAT(perturb_answer(replay), StartsWith("nothing hidden was met: clean in 8 of 8"));
  EXPECT_THAT(perturb_answer(replay), HasSubstr("left out extra heaps: on a clean stretch"));
  for (const PerturbedRun& run : replay.runs) {
    EXPECT_TRUE(run.variation.perturbation.write_heap_after.empty()) << run.variation.does;
  }
}

TEST(PerturbSession, WhereTheFindingIsKnownOnlyThatOneIsHidden) {
  PerturbedReplay replay;
  replay.control.kind = VerdictKind::kClean;
  replay.request.hunted = "SIGSEGV fxMark<fxCollect";
  replay.runs = {run_with(crashed("SIGSEGV fxSweep<main", 30)), run_with({})};
  replay.runs[1].result.verdict.kind = VerdictKind::kClean;
  for (PerturbedRun& run : replay.runs) run.result.perturbed = "1 extra heap written";
  group_findings(replay);
  EXPECT_THAT(perturb_answer(replay),
              StartsWith("what is hunted was met in 0 of 2 variations; something else was"));
  replay.runs[0].result.verdict.signature = replay.request.hunted;
  group_findings(replay);
  EXPECT_THAT(perturb_answer(replay), StartsWith("only hidden: clean as it stands, but it is there "
                                                 "in 1 of 2 variations (1)"));
}

TEST(PerturbSession, AVariationThatWasNeverComeToDoesNotCount) {
  PerturbedReplay replay;
  replay.control.kind = VerdictKind::kClean;
  replay.runs = {run_with({}), run_with({})};
  for (PerturbedRun& run : replay.runs) run.result.verdict.kind = VerdictKind::kClean;
  replay.runs[1].result.perturbed = "1 reload";
  group_findings(replay);
  EXPECT_EQ(replay.clean, 1U);
  EXPECT_EQ(replay.idle, 1U);
  EXPECT_THAT(perturb_answer(replay), HasSubstr("1 never came to what was to be varied"));
}

TEST(PerturbSession, AnotherSignatureIsAnotherFindingAndAMovedCrashIsNot) {
  PerturbedReplay replay;
  replay.control = crashed("SIGSEGV fxMark");
  replay.runs = {run_with(crashed("SIGSEGV fxMark", 2)), run_with(crashed("SIGABRT free", 3)),
                 run_with(crashed("SIGSEGV fxMark", 3)), run_with({})};
  replay.runs[3].result.verdict.kind = VerdictKind::kClean;
  replay.runs[3].result.perturbed = "1 reload";
  group_findings(replay);
  ASSERT_EQ(replay.findings.size(), 2U);
  EXPECT_TRUE(replay.findings[0].as_control);
  EXPECT_THAT(replay.findings[0].runs, testing::ElementsAre(0, 2));
  EXPECT_FALSE(replay.findings[1].as_control);
  const std::string answer = perturb_answer(replay);
  EXPECT_THAT(answer, StartsWith("the same finding in 2 of 4 variations (1, 3)"));
  EXPECT_THAT(answer, HasSubstr("away in 1 of 4"));
  EXPECT_THAT(answer, HasSubstr("SIGABRT free"));
}

TEST(PerturbSession, WhatWasNotJudgedIsNotCountedAsClean) {
  PerturbedReplay replay;
  replay.control.kind = VerdictKind::kClean;
  replay.runs = {run_with({}), run_with({})};
  replay.runs[0].result.verdict.kind = VerdictKind::kClean;
  replay.runs[0].result.perturbed = "1 reload";
  group_findings(replay);
  EXPECT_EQ(replay.judged, 1U);
  EXPECT_THAT(perturb_answer(replay), HasSubstr("clean in 1 of 2"));
  EXPECT_THAT(perturb_answer(replay), HasSubstr("1 not judged"));
  replay.runs[0].result.verdict.kind = VerdictKind::kUnjudged;
  group_findings(replay);
  EXPECT_EQ(perturb_answer(replay), "no variation could be judged");
}

TEST(PerturbSession, TheRateThatIsExcludedFallsWithTheRuns) {
  EXPECT_DOUBLE_EQ(excluded_rate_95(0), 1);
  EXPECT_NEAR(excluded_rate_95(10), 0.2589, 1e-4);
  EXPECT_NEAR(excluded_rate_95(59), 0.0495, 1e-4);
}

}  // namespace perturb_session_test
}  // namespace recrank
