// Whole searches over engines in memory: what is asked of them, how often, and what is said.
#include "harness/bisect_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>

#include "base/scratch_dir.h"
#include "harness/bisect_answer.h"
#include "harness/bisect_report.h"
#include "tests/support/fake_recording.h"

namespace recrank {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Interrupt kNoInterrupt;

// What one build of an engine does; `starts` counts its processes.
struct Build {
  std::string key;
  std::optional<uint64_t> dies_at;    // the step at which every `every`th process dies
  int every = 1;
  std::string function = "f";         // innermost of its backtrace
  std::optional<uint64_t> wrong_at;   // it counts other computrons there
  bool takes_heaps = true;
  std::string missing;
  bool dies_from_heap = true;         // else only in a process that began without one
};

struct Log {
  std::map<std::string, int> starts;
  std::map<std::string, int> heap_starts;
  std::mutex mutex;
};

class BuildEngine final : public Engine {
 public:
  BuildEngine(Build build, Log& log) : build_(std::move(build)), log_(log) {
    identity_.name = identity_.sha256 = build_.key;
    identity_.dialect = "xsnap-2024";
  }
  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt&) const override {
    const std::lock_guard lock(log_.mutex);
    const int number = ++log_.starts[build_.key];
    const bool heap = request.heap.valid();
    if (heap) ++log_.heap_starts[build_.key];
    if (heap && !build_.takes_heaps) return {nullptr, StepGarbled{"cannot read the heap"}, "load heap"};
    const bool dies = number % build_.every == 0 && (!heap || build_.dies_from_heap);
    return {std::make_unique<Process>(build_, dies), {}, {}};
  }

 private:
  class Process final : public Run {
   public:
    Process(const Build& build, bool dies) : build_(build), dies_(dies) {}
    [[nodiscard]] StepOutcome apply(const Step& step, CallHandler& handler) override {
      for (const ExpectedCall& call : step.calls) {
        if (!handler.on_call(call.call)) return StepStopped{};
      }
      if (dies_ && build_.dies_at == step.number) return death();
      const bool wrong = build_.wrong_at == step.number;
      return StepDone{true, R"(["ok",null,null])", wrong ? 7 : step.computrons, {}};
    }
    [[nodiscard]] StepOutcome write_snapshot(std::string&) override { return StepDone{}; }
    [[nodiscard]] StepOutcome write_checkpoint(int) override { return StepDone{}; }
    [[nodiscard]] RunCost cost() const override { return {}; }

   private:
    [[nodiscard]] StepOutcome death() const {
      StepCrashed crashed;
      crashed.end.signal = 11;
      crashed.end.meaning = "SIGSEGV";
      CrashReport report;
      report.fault.signal = 11;
      report.fault.frames.resize(1);
      report.fault.frames[0].function = build_.function;
      crashed.end.report = report;
      return crashed;
    }
    Build build_;
    bool dies_;
  };
  Build build_;
  Log& log_;
  EngineIdentity identity_;
};

class Builds final : public EngineCandidates {
 public:
  Builds(std::vector<Build> builds, Log& log) : builds_(std::move(builds)), log_(log) {
    for (size_t i = 0; i < builds_.size(); ++i) names_.push_back("build " + std::to_string(i));
  }
  [[nodiscard]] size_t size() const override { return builds_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const override { return names_.at(index); }
  [[nodiscard]] OpenedCandidate open(size_t index, const Interrupt&) override {
    OpenedCandidate opened;
    opened.missing = builds_.at(index).missing;
    if (!opened.missing.empty()) return opened;
    opened.engine = std::make_unique<BuildEngine>(builds_[index], log_);
    opened.key = builds_[index].key;
    opened.command_words = " --engine " + builds_[index].key;
    return opened;
  }

 private:
  std::vector<Build> builds_;
  std::vector<std::string> names_;
  Log& log_;
};

class BisectSession : public testing::Test {
 protected:
  BisectSession() {
    recording_.add_deliveries(20);
    request_.question.replay.subject_id = "v1";
    request_.variations = 0;
  }

  static std::vector<Build> good_then_bad(size_t good, size_t bad, int every = 1) {
    std::vector<Build> builds;
    for (size_t i = 0; i < good + bad; ++i) {
      Build build;
      build.key = "k" + std::to_string(i);
      build.every = every;
      if (i >= good) build.dies_at = 5;
      builds.push_back(build);
    }
    return builds;
  }
  BisectResult bisect(std::vector<Build> builds, ProbeCache* cache = nullptr) {
    Builds candidates(std::move(builds), log_);
    ProbeCache none{std::filesystem::path()};
    return run_bisect(recording_, candidates, request_, cache == nullptr ? none : *cache, kNoInterrupt, {});
  }
  [[nodiscard]] int all_starts() const {
    int all = 0;
    for (const auto& [key, starts] : log_.starts) all += starts;
    return all;
  }

  FakeRecording recording_;
  BisectRequest request_;
  Log log_;
};

TEST_F(BisectSession, NamesTheFirstEngineThatCrashes) {
  const BisectResult result = bisect(good_then_bad(11, 5));
  const auto change = change_of(result);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->after, 11U);
  EXPECT_EQ(change->before, 10U);
  EXPECT_THAT(answer_line(result), HasSubstr("first bad: build 11"));
  EXPECT_LE(result.probes, 6U);  // the two ends and log2(16) between them
}

TEST_F(BisectSession, NamesTheFirstEngineThatNoLongerCrashes) {
  request_.find_fix = true;
  std::vector<Build> builds = good_then_bad(5, 7);
  std::reverse(builds.begin(), builds.end());
  const BisectResult result = bisect(std::move(builds));
  const auto change = change_of(result);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->after, 7U);
  EXPECT_THAT(answer_line(result), HasSubstr("first good: build 7"));
}

TEST_F(BisectSession, NeedsFewRunsWhereEveryRunAgrees) {
  const BisectResult result = bisect(good_then_bad(8, 8));
  // Five to learn the rate, one for each bad engine, five or six for each good one.
  EXPECT_LE(result.runs, 40U);
  EXPECT_GT(result.rate_floor, 0.4);
  const auto change = change_of(result);
  EXPECT_LE(result.entries[change->before].missed, 0.01);
}

TEST_F(BisectSession, RunsAnEngineOftenEnoughForAFindingThatComesSometimes) {
  request_.question.rule.runs_max = 60;
  const BisectResult result = bisect(good_then_bad(6, 6, 4));
  const auto change = change_of(result);
  ASSERT_TRUE(change) << answer_line(result);
  EXPECT_EQ(change->after, 6U);
  EXPECT_LT(result.rate_floor, 0.25);
  EXPECT_GT(result.entries[change->before].tally.passed, 15U);
}

TEST_F(BisectSession, RunsEnginesThatAreTheSameOnce) {
  std::vector<Build> builds = good_then_bad(4, 4);
  builds[1].key = builds[2].key = builds[3].key = "k0";
  builds[5].key = builds[6].key = builds[4].key = "k7";
  const BisectResult result = bisect(std::move(builds));
  ASSERT_TRUE(change_of(result));
  EXPECT_EQ(change_of(result)->after, 4U);
  EXPECT_EQ(result.probes, 2U);
  EXPECT_EQ(log_.starts.size(), 2U);
  EXPECT_EQ(result.entries[change_of(result)->before].same_as, 0U);
}

TEST_F(BisectSession, PassesOverEnginesThatCannotBeHadAndNamesThem) {
  std::vector<Build> builds = good_then_bad(4, 4);
  builds[3].missing = "cannot be built";
  builds[4].missing = "cannot be built";
  const BisectResult result = bisect(std::move(builds));
  const auto change = change_of(result);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->before, 2U);
  EXPECT_EQ(change->after, 5U);
  EXPECT_THAT(change->untold, ElementsAre(3U, 4U));
  EXPECT_THAT(answer_line(result), HasSubstr("build 3, build 4"));
}

TEST_F(BisectSession, CountsAnotherCrashForNeitherGoodNorBad) {
  std::vector<Build> builds = good_then_bad(6, 6);
  builds[5].dies_at = 2;
  builds[5].function = "elsewhere";
  const BisectResult result = bisect(std::move(builds));
  const auto change = change_of(result);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->before, 4U);
  EXPECT_EQ(change->after, 6U);
  EXPECT_EQ(result.entries[5].word, ProbeWord::kOther);
  EXPECT_THAT(outcome_text(result.entries[5]), HasSubstr("elsewhere"));
}

TEST_F(BisectSession, CountsEveryFindingWhenToldTo) {
  request_.question.any_finding = true;
  std::vector<Build> builds = good_then_bad(6, 6);
  builds[5].dies_at = 2;
  builds[5].function = "elsewhere";
  EXPECT_EQ(change_of(bisect(std::move(builds)))->after, 5U);
}

TEST_F(BisectSession, LooksForADivergenceAtItsStep) {
  std::vector<Build> builds = good_then_bad(9, 0);
  for (size_t i = 3; i < 9; ++i) builds[i].wrong_at = 11;
  const BisectResult result = bisect(std::move(builds));
  ASSERT_TRUE(change_of(result));
  EXPECT_EQ(change_of(result)->after, 3U);
  EXPECT_EQ(result.finding->kind, VerdictKind::kDiverged);
}

TEST_F(BisectSession, TestsAllWhenBothEndsAreGoodAndNamesTheBadOne) {
  std::vector<Build> builds = good_then_bad(7, 0);
  builds[3].dies_at = 5;
  const BisectResult result = bisect(std::move(builds));
  EXPECT_EQ(result.search.end, SearchEnd::kBothGood);
  EXPECT_TRUE(result.search.scanned);
  EXPECT_EQ(result.finding_index, 3U);
  EXPECT_THAT(answer_line(result), HasSubstr("both ends are good"));
  EXPECT_THAT(answer_line(result), HasSubstr("bad: build 3;"));
  EXPECT_FALSE(change_of(result));
}

TEST_F(BisectSession, SaysThatNothingWasFoundWhereNothingIs) {
  const BisectResult result = bisect(good_then_bad(4, 0));
  EXPECT_EQ(answer_line(result), "no engine of the list shows any finding");
  EXPECT_TRUE(result.search.transitions.empty());
}

TEST_F(BisectSession, BeginsAtTheNearestCheckpointWhenTheFindingSurvivesIt) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 4);
  const BisectResult result = bisect(good_then_bad(8, 8));
  ASSERT_TRUE(change_of(result));
  EXPECT_EQ(change_of(result)->after, 8U);
  EXPECT_GT(log_.heap_starts["k0"], 0);
  // The two at the change are looked at from the beginning as well.
  EXPECT_GT(log_.starts["k7"] - log_.heap_starts["k7"], 0);
  EXPECT_GT(log_.starts["k8"] - log_.heap_starts["k8"], 0);
}

TEST_F(BisectSession, BeginsAtTheBeginningWhenTheFindingDoesNotSurviveACheckpoint) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 4);
  std::vector<Build> builds = good_then_bad(8, 8);
  for (Build& build : builds) build.dies_from_heap = false;
  const BisectResult result = bisect(std::move(builds));
  ASSERT_TRUE(change_of(result)) << answer_line(result);
  EXPECT_EQ(change_of(result)->after, 8U);
  EXPECT_EQ(log_.heap_starts["k0"], 0);
}

TEST_F(BisectSession, BeginsAtTheBeginningForAnEngineThatCannotReadTheHeap) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 4);
  std::vector<Build> builds = good_then_bad(3, 3);
  builds[0].takes_heaps = builds[1].takes_heaps = builds[2].takes_heaps = false;
  const BisectResult result = bisect(std::move(builds));
  ASSERT_TRUE(change_of(result)) << answer_line(result);
  EXPECT_EQ(change_of(result)->after, 3U);
}

TEST_F(BisectSession, FindsOutByConfirmingThatAnEngineWasGoodOnlyFromTheCheckpoint) {
  recording_.checkpoint(CheckpointKind::kHeapSnapshot, 4);
  std::vector<Build> builds = good_then_bad(4, 4);
  builds[3].dies_at = 5;  // but not from a heap
  builds[3].dies_from_heap = false;
  const BisectResult result = bisect(std::move(builds));
  ASSERT_TRUE(change_of(result)) << answer_line(result);
  EXPECT_EQ(change_of(result)->after, 3U);
}

TEST_F(BisectSession, AsksNothingTwiceWhenItIsCalledAgain) {
  const ScratchDir directory;
  ProbeCache cache(directory.path());
  const BisectResult first = bisect(good_then_bad(8, 8), &cache);
  const int starts = all_starts();
  EXPECT_GT(first.runs, 0U);
  const BisectResult again = bisect(good_then_bad(8, 8), &cache);
  EXPECT_EQ(again.runs, 0U);
  EXPECT_EQ(all_starts(), starts);
  EXPECT_EQ(answer_line(again), answer_line(first));
  // A longer list: only what is new is run.
  std::vector<Build> longer = good_then_bad(8, 9);
  const BisectResult third = bisect(std::move(longer), &cache);
  EXPECT_EQ(change_of(third)->after, 8U);
  EXPECT_LT(third.runs, first.runs);
}

TEST_F(BisectSession, AsksAnewWhenTheRecordingOrAnOptionChanged) {
  const ScratchDir directory;
  ProbeCache cache(directory.path());
  bisect(good_then_bad(2, 2), &cache);
  recording_.step(3).delivery = R"(["message","o+9",{}])";
  EXPECT_GT(bisect(good_then_bad(2, 2), &cache).runs, 0U);
  EXPECT_EQ(bisect(good_then_bad(2, 2), &cache).runs, 0U);
  request_.question.replay.limits.memory_bytes -= 1;
  EXPECT_GT(bisect(good_then_bad(2, 2), &cache).runs, 0U);
}

TEST_F(BisectSession, RunsNothingOnDamagedEvidence) {
  recording_.wrong_hash({"span 0..9", "hash chain ends elsewhere", "v1"});
  const BisectResult result = bisect(good_then_bad(2, 2));
  EXPECT_EQ(all_starts(), 0);
  EXPECT_THAT(answer_line(result), HasSubstr("the evidence is damaged: span 0..9"));
}

TEST_F(BisectSession, DoubtsTheEngineThatWillBeTakenForAMend) {
  request_.find_fix = true;
  request_.variations = 4;
  std::vector<Build> builds = good_then_bad(3, 3);
  std::reverse(builds.begin(), builds.end());
  const BisectResult result = bisect(std::move(builds));
  ASSERT_TRUE(result.caution);
  EXPECT_EQ(result.caution->index, 3U);
  ASSERT_TRUE(result.caution->perturbed);
  EXPECT_EQ(result.caution->perturbed->runs.size(), 4U);
  const auto lines = caution_lines(result);
  EXPECT_THAT(lines.at(0), HasSubstr("this does not show that build 3 mends it"));
}

TEST_F(BisectSession, GivesTheSameAnswerWithSeveralEnginesAtOnce) {
  for (const size_t jobs : {1U, 2U, 5U}) {
    request_.question.jobs = jobs;
    const BisectResult result = bisect(good_then_bad(13, 6));
    ASSERT_TRUE(change_of(result)) << jobs;
    EXPECT_EQ(change_of(result)->after, 13U) << jobs;
  }
}

TEST_F(BisectSession, EndsWithWhatItKnowsWhenInterrupted) {
  Builds candidates(good_then_bad(2, 2), log_);
  ProbeCache none{std::filesystem::path()};
  Interrupt interrupt;
  interrupt.request();
  const BisectResult result = run_bisect(recording_, candidates, request_, none, interrupt, {});
  EXPECT_EQ(result.search.end, SearchEnd::kInterrupted);
  EXPECT_THAT(answer_line(result), HasSubstr("interrupted"));
}

TEST_F(BisectSession, EscapesInMarkdownWhatEnginesAndNamesBringAlong) {
  BisectReport report;
  report.subject = recording_.subjects().front();
  report.result = bisect(good_then_bad(2, 2));
  report.result.entries[0].name = "a|b`c\n<script>";
  report.reproduce.assign(4, "recrank replay x");
  const std::string text = bisect_markdown(report, "r`x");
  EXPECT_THAT(text, HasSubstr(R"(a\|b\`c\\x0a\<script\>)"));
  EXPECT_THAT(text, HasSubstr(R"(of r\`x, steps)"));
}

}  // namespace
}  // namespace recrank
