// A bisection over engines in memory that die at chosen steps at chosen rates.

#include "harness/bisect/bisect_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <functional>

#include "base/scratch_dir.h"
#include "harness/bisect/bisect_report.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/journal/dialect_names.h"
#include "tests/harness/bisect/fated_engines.h"

namespace recrank {
namespace bisect_session_test {

using namespace fated_engines;
using namespace program;

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(Bisecting, NamesTheFirstBadEngineWithTheRunsBehindIt) {
  const BisectResult result = bisect("GGGGGBBB");
  EXPECT_EQ(changed_at(result), 5U);
  EXPECT_EQ(result.hunted->verdict.step, kStep);
  EXPECT_TRUE(result.confirmed);
  EXPECT_LE(result.miss_bound, 0.05);
  EXPECT_EQ(result.engines[4].tally.met, 0U);
  EXPECT_GE(result.engines[4].tally.passed, 5U);
  EXPECT_FALSE(result.engines[2].answer && result.engines[1].answer) << "not all are asked";
  EXPECT_THAT(text_, HasSubstr("first bad engine: B5; the last good one is G4"));
  EXPECT_THAT(text_, HasSubstr("This does not show that G4 is free of its cause"));
}

TEST_F(Bisecting, FindFixNamesTheFirstGoodEngineAndClaimsNoMend) {
  request_.options.find_fix = true;
  const BisectResult result = bisect("BBBGGG");
  EXPECT_EQ(changed_at(result), 3U);
  EXPECT_THAT(text_, HasSubstr("not seen from G3 on. This does not show that G3 mends it"));
  EXPECT_THAT(text_, HasSubstr("0 of 8 perturbed runs"));
}

TEST_F(Bisecting, TellsAFixThatOnlyHides) {
  request_.options.find_fix = true;
  FakeCandidates candidates("BBG");
  Fate hidden = kDies;
  hidden.only_reloaded = true;
  candidates.set(2, always(hidden));
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_GT(result.caution->met, 0U);
  EXPECT_THAT(text(result, candidates), HasSubstr("it is there, only hidden (reload"));
}

TEST_F(Bisecting, WhatCannotBeHadIsPassedOverAndTold) {
  const BisectResult result = bisect("GG--BB");
  EXPECT_EQ(changed_at(result), 4U);
  EXPECT_THAT(result.found.transitions.front().untold, testing::ElementsAre(2, 3));
  EXPECT_THAT(text_, HasSubstr("cannot be built"));
  EXPECT_THAT(text_, HasSubstr("the change may lie at any of these"));
}

TEST_F(Bisecting, SkippedEndsGiveWayToTheirNeighbours) {
  EXPECT_EQ(changed_at(bisect("-GGBB-")), 3U);
}

TEST_F(Bisecting, AnotherCrashIsNeitherGoodNorBadAndShown) {
  const BisectResult result = bisect("GGOBB");
  EXPECT_EQ(changed_at(result), 3U);
  EXPECT_EQ(result.engines[2].word, ProbeWord::kOther);
  EXPECT_THAT(text_, HasSubstr("other"));
  request_.any_finding = true;
  EXPECT_EQ(changed_at(bisect("GGOBB")), 2U);
}

TEST_F(Bisecting, AFlakyCrashIsFoundAllTheSame) {
  FakeCandidates candidates("GGGBBB");
  const auto third = [](uint64_t start) { return start % 3 == 1 ? kDies : kPasses; };
  for (const size_t i : {3U, 4U, 5U}) candidates.set(i, third);
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 3U);
  EXPECT_GT(result.engines[2].tally.passed, 10U);
  EXPECT_LT(result.bad_end->least_rate, 1 / 3.0);
  EXPECT_LE(result.miss_bound, 0.2);
}

TEST_F(Bisecting, ARareCrashIsNotDecidedAndTheRunsThatWouldDoAreNamed) {
  FakeCandidates candidates("GGB");
  candidates.set(2, [](uint64_t start) { return start % 40 == 1 ? kDies : kPasses; });
  const BisectResult result = bisect(candidates);
  EXPECT_FALSE(found_change(result));
  EXPECT_EQ(result.engines[0].word, ProbeWord::kUndecided);
  EXPECT_THAT(result.engines[0].why, HasSubstr("--runs"));
}

TEST_F(Bisecting, AGoodNeighbourThatShowsItWhenConfirmedIsBad) {
  FakeCandidates candidates("GGGGGGB");
  candidates.set(3, [](uint64_t start) { return start == 6 ? kDies : kPasses; });
  for (const size_t i : {4U, 5U}) candidates.set(i, always(kDies));
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 3U);
  EXPECT_THAT(result.notes, testing::Contains(HasSubstr("had passed")));
}

TEST_F(Bisecting, EnginesThatAreOneAreProbedOnce) {
  FakeCandidates candidates("GGGBBB");
  candidates.same_key(1, 0);
  candidates.same_key(2, 0);
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 3U);
  EXPECT_EQ(candidates.starts(1) + candidates.starts(2), 0U);
  EXPECT_EQ(result.engines[2].same_as, 0U);
  EXPECT_EQ(result.goods_on_path, 1U);
}

TEST_F(Bisecting, ACleanBadEndIsSaidAndAllAreScanned) {
  const BisectResult result = bisect("GGBBGG");
  EXPECT_FALSE(found_change(result));
  EXPECT_EQ(result.found.end, BisectEnd::kBackAndForth);
  EXPECT_TRUE(result.scanned);
  EXPECT_THAT(text_, HasSubstr("the bad end, shows no finding"));
  EXPECT_THAT(text_, HasSubstr("comes and goes"));
  EXPECT_THAT(text_, Not(HasSubstr("first bad engine")));
}

TEST_F(Bisecting, AllBadAllGoodAndNothingThereAreNoChange) {
  EXPECT_EQ(bisect("BBBB").found.end, BisectEnd::kAllBad);
  EXPECT_THAT(text_, HasSubstr("B0 shows the finding already: the change lies outside the list"));
  EXPECT_EQ(bisect("-BBB").found.end, BisectEnd::kNotDecided);
  EXPECT_EQ(bisect("GGG").stop, BisectStop::kNoFinding);
  EXPECT_EQ(bisect("--").stop, BisectStop::kNoFinding);
  EXPECT_THAT(text_, HasSubstr("no engine could be judged"));
  EXPECT_EQ(bisect("--B").found.end, BisectEnd::kNotDecided);
}

TEST_F(Bisecting, BackAndForthIsFoundByAScan) {
  request_.options.scan = true;
  const BisectResult result = bisect("GBGBB");
  EXPECT_FALSE(found_change(result));
  EXPECT_EQ(result.found.transitions.size(), 3U);
}

TEST_F(Bisecting, ProbesBeginAtTheNearestCheckpointAndTheNeighboursAreConfirmedFromTheStart) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  const BisectResult result = bisect("GGGBBB");
  EXPECT_EQ(changed_at(result), 3U);
  EXPECT_EQ(result.bad_end->start.label(), "snapshot@6");
  EXPECT_EQ(result.engines[2].start->label(), "snapshot@6");
  EXPECT_EQ(result.engines[2].confirmed.passed, 3U);
  EXPECT_EQ(result.engines[3].confirmed.met, 3U);
  EXPECT_TRUE(result.confirmed);
}

TEST_F(Bisecting, AnEngineThatCannotLoadTheHeapBeginsAtTheStart) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  FakeCandidates candidates("GGBB");
  Fate picky;
  picky.refuses_heap = true;
  candidates.set(1, always(picky));
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_EQ(result.engines[1].start->label(), "genesis");
  EXPECT_EQ(result.engines[0].start->label(), "snapshot@6");
}

TEST_F(Bisecting, WhatDoesNotComeFromTheHeapIsSearchedFromTheStart) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  FakeCandidates candidates("GGBB");
  // The first run meets it, the five of the control do not.
  candidates.set(3, [](uint64_t start) { return start >= 2 && start <= 6 ? kPasses : kDies; });
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_EQ(result.bad_end->start.label(), "genesis");
  EXPECT_EQ(result.bad_end->near_missed->passed, 5U);
}

TEST_F(Bisecting, BundlesOfItsOwnNeedAFreshWorker) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  FakeCandidates candidates("GGBB");
  for (size_t i = 0; i < 4; ++i) candidates.bundles(i);
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_EQ(result.engines[1].start->label(), "genesis");
}

TEST_F(Bisecting, ADivergenceIsHuntedByStepAndField) {
  FakeCandidates candidates("GGBB");
  for (const size_t i : {2U, 3U}) candidates.set(i, always({.computrons = 900 + i}));
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_EQ(result.hunted->verdict.divergences.front().field, Field::kComputrons);
  EXPECT_GT(result.caution->silent, 0U) << "variations that leave computrons out cannot tell";
}

TEST_F(Bisecting, ASecondOneOverALongerListRunsOnlyWhatIsNew) {
  const ScratchDir scratch;
  cache_directory_ = scratch.path();
  request_.variations = 0;
  FakeCandidates first("GGGBBB");
  const BisectResult before = bisect(first);
  FakeCandidates again("GGGBBB");
  const BisectResult same = bisect(again);
  EXPECT_EQ(changed_at(same), 3U);
  EXPECT_EQ(same.runs, 0U);
  EXPECT_EQ(again.all_starts(), 0U);
  EXPECT_EQ(same.runs_cached, before.runs);
  FakeCandidates longer("GGGBBB");
  longer.add("B6", always(kDies));
  const BisectResult more = bisect(longer);
  EXPECT_EQ(changed_at(more), 3U);
  EXPECT_GT(longer.starts(6), 0U);
  for (size_t i = 0; i < 5;
       ++i) {  // the old bad end ran the whole range, which is another question
    if (!before.engines[i].answer || !more.engines[i].answer) continue;
    EXPECT_EQ(more.engines[i].from_cache, first.starts(i)) << i;
    // More engines called good ask for some more runs of the good neighbour.
    EXPECT_LE(longer.starts(i), i == 2 ? 2U : 0U) << i;
  }
  EXPECT_THAT(cache_notes_, IsEmpty());
}

TEST_F(Bisecting, VariationsOfTheGoodOneAreCountedAndKeptLikeAnyRun) {
  const ScratchDir scratch;
  cache_directory_ = scratch.path();
  const ScratchDir other;
  cache_directory_ = other.path();
  request_.variations = 0;
  const uint64_t plain = bisect("GGBB").runs;
  cache_directory_ = scratch.path();
  request_.variations = 8;
  FakeCandidates first("GGBB");
  const BisectResult before = bisect(first);
  EXPECT_EQ(before.runs, plain + 9);  // one of them tells what the engine survives
  FakeCandidates again("GGBB");
  const BisectResult same = bisect(again);
  EXPECT_EQ(again.all_starts(), 0U);
  EXPECT_EQ(same.runs, 0U);
  EXPECT_EQ(same.runs_cached, before.runs);
  EXPECT_EQ(same.caution->passed, before.caution->passed);
  EXPECT_EQ(same.caution->silent, before.caution->silent);
  request_.variations = 10;  // two more
  FakeCandidates more("GGBB");
  EXPECT_EQ(bisect(more).runs, 2U);
}

TEST_F(Bisecting, TheRowsAndTheFooterCountTheSameCachedRuns) {
  const ScratchDir scratch;
  cache_directory_ = scratch.path();
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  for (int call = 0; call < 2; ++call) {
    FakeCandidates candidates("GGGBBB");
    candidates.same_key(5, 4);
    const BisectResult result = bisect(candidates);
    EXPECT_EQ(changed_at(result), 3U);
    uint64_t rows = 0;
    for (const EngineProbe& each : result.engines) rows += each.from_cache;
    EXPECT_EQ(rows, result.runs_cached);
    EXPECT_EQ(call == 0 ? result.runs_cached : result.runs, 0U);
    const Json json = bisect_json(
        {recording_, recording_.subjects().front(), result, candidates.names(), "", ""});
    for (const Json& each : json.at("engines")) {
      EXPECT_EQ(each.contains("runs"), each.contains("runs_from_start")) << each.dump();
    }
  }
}

TEST_F(Bisecting, AnInterruptedOneGoesOnWhereItStopped) {
  const ScratchDir scratch;
  cache_directory_ = scratch.path();
  request_.variations = 0;
  FakeCandidates whole("GGGGGBBB");
  const uint64_t needed = [&] {
    cache_directory_.clear();
    const BisectResult result = bisect(whole);
    cache_directory_ = scratch.path();
    return result.runs;
  }();
  FakeCandidates first("GGGGGBBB");
  Interrupt stop;
  first.set(0, [&](uint64_t start) {
    if (start == 3) stop.request();
    return kPasses;
  });
  BisectResult cut;
  {
    request_.replay.subject_id = "v1";
    ProbeCache cache(cache_directory_);
    EngineShelf shelf(first);
    cut = run_bisect(recording_, shelf, request_, cache, stop, nullptr);
  }
  EXPECT_EQ(cut.stop, BisectStop::kInterrupted);
  EXPECT_EQ(bisect_exit_status({cut}), 130);
  FakeCandidates second("GGGGGBBB");
  const BisectResult result = bisect(second);
  EXPECT_EQ(changed_at(result), 5U);
  EXPECT_EQ(cut.runs + result.runs, needed);
}

TEST_F(Bisecting, SeveralAtOnceFindTheSame) {
  request_.options.jobs = 4;
  for (size_t change = 1; change < 9; ++change) {
    EXPECT_EQ(changed_at(bisect(std::string(change, 'G') + std::string(9 - change, 'B'))), change);
  }
}

TEST_F(Bisecting, OneRunEachIsOneRunEachHoweverManyJobs) {
  request_.rule.runs_max = 1;
  for (const size_t jobs : {1U, 3U, 16U}) {
    request_.options.jobs = jobs;
    FakeCandidates two("GB");
    request_.variations = 0;
    EXPECT_EQ(changed_at(bisect(two)), 1U);
    EXPECT_EQ(two.starts(0), 1U) << jobs;
  }
  request_.options.jobs = 1;
  request_.variations = 0;
  FakeCandidates candidates("GGGGBBBB");
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 4U);
  for (size_t i = 0; i < 8; ++i) EXPECT_LE(candidates.starts(i), 1U) << i;
  EXPECT_EQ(result.miss_bound, 1);
  EXPECT_THAT(text(result, candidates), HasSubstr("no chance of a miss is given"));
}

TEST_F(Bisecting, DamagedEvidenceEndsItBeforeAnEngineStarts) {
  recording_.wrong_hash({"fake: span 0", "hash differs", "v1"});
  FakeCandidates candidates("GB");
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(result.stop, BisectStop::kUnjudged);
  EXPECT_EQ(candidates.all_starts(), 0U);
  EXPECT_EQ(bisect_exit_status({result}), 125);
}

TEST_F(Bisecting, AProgramIsRunPlainlyInsteadOfPerturbed) {
  recording_.mutable_info().dialect = kProcessDialect;
  const BisectResult result = bisect("GGBB");
  EXPECT_FALSE(result.caution->perturbed);
  EXPECT_EQ(result.caution->passed, 8U);
  EXPECT_THAT(text_, HasSubstr("cannot be perturbed"));
}

TEST_F(Bisecting, ARecordedDeathThatAnEngineOutlivesIsPassed) {
  FakeRecording recording;
  recording.add_deliveries(kStep);
  recording.add(FakeStep::failed("v1:fake exited due to signal SIGSEGV"));
  recording_ = std::move(recording);
  const BisectResult result = bisect("GGBB");
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_TRUE(result.hunted->verdict.as_recorded);
}

TEST_F(Bisecting, AnEngineThatLivesOnWhereTheRecordEndsIsGood) {
  recording_ = FakeRecording(agoric::kXsnap2021);
  recording_.add_deliveries(kStep + 1);
  FakeStep& last = recording_.step(kStep);
  last.calls.clear();
  last.status.reset();
  last.computrons.reset();
  last.open_end = true;
  FakeCandidates candidates("BBGG");
  for (const size_t mended : {size_t{2}, size_t{3}})
    candidates.set(mended, always({.calls_more = true}));
  request_.options.find_fix = true;
  const BisectResult result = bisect(candidates);
  text_ = text(result, candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_EQ(result.hunted->verdict.kind, VerdictKind::kCrashed);
  EXPECT_THAT(text_, HasSubstr("lived on behind the end of the record"));
}

TEST_F(Bisecting, ARecordedDeathThatAnEngineOutlivesWithMoreCallsIsPassed) {
  FakeRecording recording;
  recording.add_deliveries(kStep);
  recording.add(FakeStep::failed("v1:fake exited due to signal SIGSEGV"));
  recording_ = std::move(recording);
  FakeCandidates candidates("GGBB");
  for (const size_t mended : {size_t{0}, size_t{1}})
    candidates.set(mended, always({.calls_more = true}));
  EXPECT_EQ(changed_at(bisect(candidates)), 2U);
}

TEST_F(Bisecting, AnotherWayToMissARecordedDeathIsAnotherFinding) {
  FakeRecording recording;
  recording.add_deliveries(kStep);
  recording.add(FakeStep::failed("v1:fake exited due to signal SIGSEGV"));
  recording_ = std::move(recording);
  FakeCandidates candidates("BBGG");  // dies as recorded, then lives on: the bad end diverges
  candidates.set(1, always(kDiesOtherwise));
  const BisectResult result = bisect(candidates);
  EXPECT_EQ(changed_at(result), 2U);
  EXPECT_EQ(result.engines[0].word, ProbeWord::kGood);
  EXPECT_EQ(result.engines[1].word, ProbeWord::kOther);
}

}  // namespace bisect_session_test
}  // namespace recrank
