#include "harness/certainty/explain.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>

#include "harness/certainty/explain_report.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/montana/montana.h"
#include "tests/support/replay/fake_engine.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace explain_test {

using testing::HasSubstr;

// What a process of the fake engine dies of at step 8, decided by how it was started.
using Fate = std::function<std::optional<ProcessEnd>(const StartRequest&)>;

ProcessEnd segv(const char* meaning = "SIGSEGV") {
  ProcessEnd end;
  end.signal = 11;
  end.meaning = meaning;
  return end;
}

constexpr const char* kMiscounts = "no end, but computrons that were not recorded";

ProcessEnd miscount() {
  ProcessEnd end;
  end.meaning = kMiscounts;
  return end;
}

class FatedEngine final : public Engine {
 public:
  explicit FatedEngine(Fate fate) : fate_(std::move(fate)) {}
  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt&) const override {
    ++starts_;
    return {std::make_unique<Process>(fate_(request)), {}, {}};
  }
  [[nodiscard]] int starts() const { return starts_; }

 private:
  class Process final : public Run {
   public:
    explicit Process(std::optional<ProcessEnd> end) : end_(std::move(end)) {}
    [[nodiscard]] StepOutcome apply(const Step& step, CallHandler& handler) override {
      for (const ExpectedCall& call : step.calls) {
        if (!handler.on_call(call.call)) return StepStopped{};
      }
      const bool fated = end_ && step.number == 8;
      const bool miscounts = fated && end_->meaning == kMiscounts;
      if (fated && !miscounts) return StepCrashed{*end_};
      const auto computrons = miscounts ? std::optional<uint64_t>(1) : step.computrons;
      return StepDone{true, R"(["ok",null,null])", computrons, {}};
    }
    [[nodiscard]] StepOutcome write_snapshot(std::string&) override { return StepDone{}; }
    [[nodiscard]] StepOutcome write_checkpoint(int) override { return StepDone{}; }
    [[nodiscard]] RunCost cost() const override { return {}; }

   private:
    std::optional<ProcessEnd> end_;
  };

  Fate fate_;
  EngineIdentity identity_;
  mutable std::atomic<int> starts_{0};
};

FakeRecording ten_steps() {
  FakeRecording recording;
  recording.add_deliveries(10);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 3)
      .checkpoint(CheckpointKind::kHeapSnapshot, 6);
  return recording;
}

Explained explained(const FakeRecording& recording, const FatedEngine& engine,
                    ExplainRequest request = {}, const Interrupt& interrupt = {}) {
  SessionRequest session;
  session.base = request.base;
  session.subject_ids = {"v1"};
  const auto sessions = run_session(recording, engine, session, interrupt, nullptr);
  return explain_session(recording, engine, sessions.front(), request, interrupt);
}

const ControlRow* row_of(const Explained& explained, ControlKind kind) {
  for (const ControlRow& row : explained.table.rows) {
    if (row.kind == kind) return &row;
  }
  return nullptr;
}

TEST(ExplainSession, BeginsAtEveryKindOfCheckpointOnce) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest&) { return segv(); });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kDeterministic);
  EXPECT_EQ(row_of(told, ControlKind::kAgain)->label,
            "the same again, from genesis, randomisation on");
  EXPECT_EQ(row_of(told, ControlKind::kGenesis), nullptr);  // that is where the finding began
  EXPECT_EQ(row_of(told, ControlKind::kNearest)->label, "from snapshot@6");
  EXPECT_EQ(row_of(told, ControlKind::kEarlier)->label, "from snapshot@3");
  EXPECT_EQ(row_of(told, ControlKind::kNearest)->met, 5U);
}

TEST(ExplainSession, ACrashOnlyOfAFreshWorkerIsReloadDependent) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest& start) {
    return start.heap.valid() ? std::nullopt : std::optional(segv());
  });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kReload);
  EXPECT_EQ(told.explanation.why, "5 of 5 runs as it was, 0 of 5 from snapshot@6");
  EXPECT_TRUE(told.explanation.sure);
}

TEST(ExplainSession, ACrashOnlyFromAHeapIsReloadDependent) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest& start) {
    return start.heap.valid() ? std::optional(segv()) : std::nullopt;
  });
  ExplainRequest request;
  request.base.from = 7;
  const Explained told = explained(recording, engine, request);
  EXPECT_EQ(told.explanation.cause, Cause::kReload);
  EXPECT_EQ(row_of(told, ControlKind::kGenesis)->passed, 5U);
  EXPECT_EQ(row_of(told, ControlKind::kEarlier)->met, 5U);
}

TEST(ExplainSession, LiftsTheLimitFarEnough) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest& start) {
    return start.limits.memory_bytes < (20ULL << 30) ? std::optional(segv()) : std::nullopt;
  });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kEnvironment);
}

TEST(ExplainSession, LiftsALowMemoryLimitOfADivergenceToo) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest& start) {
    return start.limits.memory_bytes < (2ULL << 30) ? std::optional(miscount()) : std::nullopt;
  });
  ExplainRequest request;
  request.base.limits.memory_bytes = 1ULL << 30;
  const Explained told = explained(recording, engine, request);
  EXPECT_EQ(told.explanation.cause, Cause::kEnvironment);
  EXPECT_THAT(told.explanation.why, HasSubstr("memory limit of 1.0 GiB"));
}

// A program may want more than is usual: Node's WebAssembly reserves 10 GiB.
TEST(ExplainSession, LiftsTheUsualMemoryLimitOfADivergenceOfAProgram) {
  FakeRecording recording("process");
  recording.add_deliveries(10);
  const FatedEngine engine([](const StartRequest& start) {
    return start.limits.memory_bytes < (10ULL << 30) ? std::optional(miscount()) : std::nullopt;
  });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kEnvironment);
  EXPECT_THAT(told.explanation.why, HasSubstr("memory limit of 6.0 GiB"));
}

TEST(ExplainSession, SaysFirstWhichLimitOfRecranksCanHaveCausedIt) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest&) {
    ProcessEnd end = segv();
    end.own_limit = "open files (64)";
    return std::optional(end);
  });
  EXPECT_EQ(explained(recording, engine).explanation.reservations.front(),
            "a limit that recrank set can have caused it: open files (64)");
}

TEST(ExplainSession, NamesNoLimitForADivergenceOfAVatUnderTheUsualOne) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest&) { return miscount(); });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kDeterministic);
  EXPECT_EQ(row_of(told, ControlKind::kWithoutLimit), nullptr);
}

TEST(ExplainSession, SwitchesRandomisation) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine(
      [](const StartRequest& start) { return start.aslr ? std::optional(segv()) : std::nullopt; });
  EXPECT_EQ(explained(recording, engine).explanation.cause, Cause::kLayout);
}

TEST(ExplainSession, HoldsOtherEnginesAgainstIt) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest&) { return segv(); });
  const FatedEngine good([](const StartRequest&) { return std::nullopt; });
  ExplainRequest request;
  request.debug = {&good, "net-debug", "", ControlKind::kDebugEngine};
  const Explained told = explained(recording, engine, request);
  EXPECT_EQ(told.explanation.cause, Cause::kBuild);
  EXPECT_EQ(good.starts(), 5);
  EXPECT_EQ(row_of(told, ControlKind::kReferenceEngine), nullptr);  // nobody asked for one
}

// Dies in the starts of these numbers, counted from 1; the first is the session's own.
Fate at_starts(std::vector<int> numbers, std::shared_ptr<int> count = std::make_shared<int>(0)) {
  return [numbers, count](const StartRequest&) {
    const bool dies = std::find(numbers.begin(), numbers.end(), ++*count) != numbers.end();
    return dies ? std::optional(segv()) : std::nullopt;
  };
}

TEST(ExplainSession, AFindingThatOnlyTheOtherLayoutShowsIsExplainedInThatLayout) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine(
      [](const StartRequest& start) { return start.aslr ? std::nullopt : std::optional(segv()); });
  const Explained told = explained(recording, engine);
  ASSERT_TRUE(told.found);
  EXPECT_FALSE(told.found->aslr);
  EXPECT_EQ(told.explanation.cause, Cause::kLayout);
  EXPECT_EQ(told.explanation.why, "0 of 6 runs with randomised addresses, 5 of 5 without");
  EXPECT_EQ(row_of(told, ControlKind::kAgain)->met, 5U);
  EXPECT_EQ(row_of(told, ControlKind::kNearest)->met, 5U);  // in that layout too
}

TEST(ExplainSession, TheCleanRunOfTheReplayItselfCountsAmongThoseAsItWas) {
  const FakeRecording recording = ten_steps();
  // Clean at first, then always.
  const FatedEngine engine([count = std::make_shared<int>(0)](const StartRequest&) {
    return ++*count == 1 ? std::nullopt : std::optional(segv());
  });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kFlaky);
  EXPECT_THAT(told.explanation.why, HasSubstr("5 of 6 runs of the same replay"));
}

TEST(ExplainSession, WhatSeemsToDifferIsRunAgain) {
  const FakeRecording recording = ten_steps();
  // 1: the session; 2 to 6: the same again; 7 to 11: the other layout, in which it comes once.
  std::vector<int> dies;
  for (int i = 1; i <= 200; ++i) {
    if (i < 8 || i > 11) dies.push_back(i);
  }
  const FatedEngine engine(at_starts(dies));
  const Explained told = explained(recording, engine);
  const ControlRow* layout = row_of(told, ControlKind::kOtherLayout);
  ASSERT_TRUE(layout->second);
  EXPECT_EQ(layout->judged(), 10U);
  EXPECT_EQ(row_of(told, ControlKind::kAgain)->judged(), 10U);
  EXPECT_EQ(told.explanation.cause, Cause::kFlaky);
}

TEST(ExplainSession, ACollectionRightBeforeTheStepIsOneOfTheControls) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest&) { return segv(); });
  const Explained told = explained(recording, engine);
  const ControlRow* forced = row_of(told, ControlKind::kCollection);
  ASSERT_NE(forced, nullptr);
  EXPECT_EQ(forced->label, "with a collection after step 7");
  EXPECT_EQ(forced->met, 5U);
}

TEST(ExplainSession, AnEngineThatDiesOfTheCollectionItselfHasNotTriedTheStep) {
  const FakeRecording recording = ten_steps();
  FakeEngine engine(recording);
  engine.at(8).dies = StepCrashed{segv()};
  engine.heap_dies_after(7, StepCrashed{segv("SIGBUS")});
  SessionRequest session;
  session.subject_ids = {"v1"};
  const auto sessions = run_session(recording, engine, session, {}, nullptr);
  const Explained told = explain_session(recording, engine, sessions.front(), {}, {});
  EXPECT_THAT(row_of(told, ControlKind::kCollection)->not_run, HasSubstr("no run came to that"));
  EXPECT_EQ(told.explanation.cause, Cause::kDeterministic);
}

TEST(ExplainSession, TheRecordedBundlesAreHeldAgainstThoseOfTheUser) {
  FakeRecording recording = ten_steps();
  recording.setup().set(agoric::kSupervisor, "the recorded one");
  const FatedEngine engine([](const StartRequest& start) {
    const std::string* supervisor = start.setup.find(agoric::kSupervisor);
    const bool recorded = supervisor != nullptr && *supervisor == "the recorded one";
    return recorded ? std::nullopt : std::optional(segv());
  });
  ExplainRequest request;
  request.base.user_setup.set(agoric::kSupervisor, "mine");
  const Explained told = explained(recording, engine, request);
  EXPECT_EQ(told.explanation.cause, Cause::kBuild);
  EXPECT_EQ(row_of(told, ControlKind::kRecordedParts)->passed, 5U);
  EXPECT_EQ(row_of(explained(recording, engine), ControlKind::kRecordedParts), nullptr);
}

TEST(ExplainSession, AnEngineThatIsNoProcessHasNoLayoutToSwitch) {
  FakeRecording recording(montana::kMontanaDialect);
  recording.add_deliveries(10);
  const FatedEngine engine([](const StartRequest&) { return segv(); });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kDeterministic);
  for (const ControlKind kind :
       {ControlKind::kOtherLayout, ControlKind::kWithoutLimit, ControlKind::kCollection}) {
    EXPECT_EQ(row_of(told, kind), nullptr) << to_string(kind);
  }
}

TEST(ExplainSession, TellsEachControlAsItIsDone) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest&) { return segv(); });
  std::vector<std::string> heard;
  ExplainRequest request;
  request.told = [&](const ControlRow& row) { heard.push_back(row.label); };
  const Explained told = explained(recording, engine, request);
  ASSERT_EQ(heard.size(), told.table.rows.size());
  EXPECT_EQ(heard.front(), told.table.rows.front().label);
}

TEST(ExplainSession, RunsNoControlWhereNothingCanBeJudged) {
  FakeRecording recording = ten_steps();
  recording.damage(4);
  const FatedEngine engine([](const StartRequest&) { return segv(); });
  const Explained told = explained(recording, engine);
  EXPECT_EQ(told.explanation.cause, Cause::kUnknown);
  EXPECT_TRUE(told.table.rows.empty());
}

// As with --trust-checkpoint: the replay ran although a hash does not hold.
TEST(ExplainSession, AHashThatDoesNotHoldIsTheCauseAlsoWhenTheReplayRan) {
  FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest&) { return segv(); });
  SessionRequest session;
  session.subject_ids = {"v1"};
  const auto sessions = run_session(recording, engine, session, {}, nullptr);
  ASSERT_EQ(sessions.front().report.result.verdict.kind, VerdictKind::kCrashed);
  recording.wrong_hash({"store: v2 snapshot 6", "another vat", "v2"});
  EXPECT_EQ(explain_session(recording, engine, sessions.front(), {}, {}).explanation.cause,
            Cause::kDeterministic);
  recording.wrong_hash({"store: v1 snapshot 6", "sha256 differs", "v1"});
  const Explained told = explain_session(recording, engine, sessions.front(), {}, {});
  EXPECT_EQ(told.explanation.cause, Cause::kCorruptEvidence);
  EXPECT_EQ(told.explanation.why, "store: v1 snapshot 6: sha256 differs");
  EXPECT_TRUE(told.table.rows.empty());
}

TEST(ExplainSession, AnInterruptLeavesRowsThatSayThatTheyWereNotRun) {
  const FakeRecording recording = ten_steps();
  Interrupt interrupt;
  int starts = 0;
  const FatedEngine engine([&](const StartRequest&) {
    if (++starts == 8) interrupt.request();
    return segv();
  });
  const Explained told = explained(recording, engine, {}, interrupt);
  EXPECT_GE(row_of(told, ControlKind::kAgain)->met, 5U);
  EXPECT_EQ(row_of(told, ControlKind::kNearest)->not_run, "interrupted");
  EXPECT_THAT(explain_text(told), HasSubstr("not run: interrupted"));
}

TEST(ExplainSession, GivesEqualReportsOnAnyNumberOfThreads) {
  const FakeRecording recording = ten_steps();
  const FatedEngine engine([](const StartRequest& start) {
    return start.heap.valid() ? std::nullopt : std::optional(segv());
  });
  ExplainRequest parallel;
  parallel.jobs = 4;
  EXPECT_EQ(explain_json(explained(recording, engine)),
            explain_json(explained(recording, engine, parallel)));
}

}  // namespace explain_test
}  // namespace recrank
