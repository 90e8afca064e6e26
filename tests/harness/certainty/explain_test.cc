#include "harness/certainty/explain.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>

#include "harness/certainty/explain_report.h"
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
  request.debug = {&good, "net-debug", ""};
  request.reference.not_there = "";
  const Explained told = explained(recording, engine, request);
  EXPECT_EQ(told.explanation.cause, Cause::kBuild);
  EXPECT_EQ(good.starts(), 5);
  EXPECT_EQ(row_of(told, ControlKind::kReferenceEngine), nullptr);  // nobody asked for one
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
