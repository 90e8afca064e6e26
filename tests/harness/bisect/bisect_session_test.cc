// A bisection over engines in memory that die at chosen steps at chosen rates.

#include "harness/bisect/bisect_session.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>

#include "base/scratch_dir.h"
#include "harness/bisect/bisect_report.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/journal/dialect_names.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace bisect_session_test {

using namespace agoric;
using namespace program;

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uint64_t kStep = 8;

// What a process of an engine does at kStep; `start` counts the starts of this engine from 1.
struct Fate {
  int signal = 0;
  uint64_t computrons = 1000;
  bool refuses_heap = false;
  bool only_reloaded = false;
  bool calls_more = false;  // than is recorded, and passes
};
using Fates = std::function<Fate(uint64_t start)>;

class Process final : public Run {
 public:
  explicit Process(Fate fate) : fate_(fate) {}
  [[nodiscard]] StepOutcome apply(const Step& step, CallHandler& handler) override {
    for (const ExpectedCall& call : step.calls) {
      if (!handler.on_call(call.call)) return StepStopped{};
    }
    if (step.number != kStep) return StepDone{true, R"(["ok",null,null])", step.computrons, {}};
    if (fate_.calls_more && !handler.on_call(R"(["send","o-9"])")) return StepStopped{};
    if (fate_.signal == 0) return StepDone{true, R"(["ok",null,null])", fate_.computrons, {}};
    StepCrashed crashed;
    crashed.end.signal = fate_.signal;
    crashed.end.meaning = fate_.signal == SIGSEGV ? "SIGSEGV" : "SIGABRT";
    return crashed;
  }
  [[nodiscard]] StepOutcome write_snapshot(std::string&) override { return StepDone{}; }
  [[nodiscard]] StepOutcome write_checkpoint(int file) override {
    write_all(file, "heap", "a heap");
    return StepDone{};
  }
  [[nodiscard]] RunCost cost() const override { return {}; }

 private:
  Fate fate_;
};

class FatedEngine final : public Engine {
 public:
  FatedEngine(Fates fates, std::atomic<uint64_t>& starts)
      : fates_(std::move(fates)), starts_(starts) {}
  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] std::span<const std::string_view> option_names() const override {
    static constexpr std::array<std::string_view, 1> kOptions{"parser-buffer"};
    return kOptions;
  }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt&) const override {
    Fate fate = fates_(++starts_);
    const bool reloaded = request.heap.valid() && request.heap_label.starts_with("reload-");
    if (fate.only_reloaded && !reloaded) fate.signal = 0;
    StartResult result;
    if (fate.refuses_heap && request.heap.valid()) {
      StepCrashed exit;
      exit.end.exit_status = 2;
      result.failure = exit;
      result.stage = "load heap";
      return result;
    }
    result.run = std::make_unique<Process>(fate);
    return result;
  }

 private:
  Fates fates_;
  std::atomic<uint64_t>& starts_;
  EngineIdentity identity_;
};

Fates always(Fate fate) {
  return [fate](uint64_t) { return fate; };
}
const Fate kPasses{};
const Fate kDies{.signal = SIGSEGV};
const Fate kDiesOtherwise{.signal = SIGABRT};

// A list of engines by a letter each: "G" passes, "B" dies, "O" dies otherwise, "-" is not there.
class FakeCandidates final : public EngineCandidates {
 public:
  explicit FakeCandidates(const std::string& letters) {
    for (const char c : letters) {
      add(std::string(1, c) + std::to_string(fates_.size()),
          c == 'B'   ? always(kDies)
          : c == 'O' ? always(kDiesOtherwise)
                     : always(kPasses),
          c == '-');
    }
  }
  void add(const std::string& name, Fates fates, bool missing = false) {
    names_.push_back(name);
    keys_.push_back("key of " + name);
    fates_.push_back(std::move(fates));
    missing_.push_back(missing);
    starts_.push_back(std::make_unique<std::atomic<uint64_t>>(0));
  }
  void set(size_t index, Fates fates) { fates_.at(index) = std::move(fates); }
  void same_key(size_t index, size_t other) { keys_.at(index) = keys_.at(other); }
  void bundles(size_t index) { bundled_.push_back(index); }
  [[nodiscard]] uint64_t starts(size_t index) const { return *starts_.at(index); }
  [[nodiscard]] uint64_t all_starts() const {
    uint64_t all = 0;
    for (const auto& each : starts_) all += *each;
    return all;
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  [[nodiscard]] size_t size() const override { return names_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const override { return names_.at(index); }
  [[nodiscard]] OpenedCandidate open(size_t index, const Interrupt&) override {
    OpenedCandidate opened;
    opened.command_words = " --engine " + names_.at(index);
    if (missing_.at(index)) {
      opened.missing = "cannot be built";
      return opened;
    }
    opened.key = keys_.at(index);
    if (std::find(bundled_.begin(), bundled_.end(), index) != bundled_.end())
      opened.setup.set(kSupervisor, "{}");
    opened.engine = std::make_unique<FatedEngine>(fates_.at(index), *starts_.at(index));
    return opened;
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::string> keys_;
  std::vector<Fates> fates_;
  std::vector<bool> missing_;
  std::vector<size_t> bundled_;
  std::vector<std::unique_ptr<std::atomic<uint64_t>>> starts_;
};

FakeRecording twelve_steps() {
  FakeRecording recording;
  recording.add_deliveries(12);
  return recording;
}

class Bisecting : public testing::Test {
 protected:
  BisectResult bisect(FakeCandidates& candidates) {
    request_.replay.subject_id = "v1";
    ProbeCache cache(cache_directory_);
    EngineShelf shelf(candidates);
    BisectResult result = run_bisect(recording_, shelf, request_, cache, interrupt_, nullptr);
    cache_notes_ = cache.notes();
    return result;
  }
  BisectResult bisect(const std::string& letters) {
    FakeCandidates candidates(letters);
    BisectResult result = bisect(candidates);
    text_ = text(result, candidates);
    return result;
  }
  std::string text(const BisectResult& result, const FakeCandidates& candidates) {
    const BisectReportInput input{
        recording_, recording_.subjects().front(), result, candidates.names(), "", ""};
    const Json json = bisect_json(input);
    EXPECT_EQ(json.dump(), bisect_json(input).dump());
    return bisect_text(input) + bisect_markdown(input);
  }
  static size_t changed_at(const BisectResult& result) {
    EXPECT_TRUE(found_change(result));
    return result.found.transitions.empty() ? 999 : result.found.transitions.front().after;
  }

  FakeRecording recording_ = twelve_steps();
  BisectRequest request_;
  Interrupt interrupt_;
  std::filesystem::path cache_directory_;
  std::vector<std::string> cache_notes_;
  std::string text_;
};

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
  EXPECT_EQ(bisect("GGG").stop, BisectStop::kNoFinding);
  EXPECT_EQ(bisect("--").stop, BisectStop::kNoFinding);
  EXPECT_THAT(text_, HasSubstr("no engine could be judged"));
  const BisectResult skipped = bisect("--B");
  EXPECT_FALSE(found_change(skipped));
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
  EXPECT_EQ(before.runs, plain + 8);
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

TEST_F(Bisecting, OneRunEachIsOneRunEach) {
  request_.rule.runs_max = 1;
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
  recording_ = FakeRecording(kXsnap2021);
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
