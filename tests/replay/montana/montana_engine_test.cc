// Windows made from the rules, and recorded ones, on the engine that is a part of recrank.
#include "replay/montana/montana_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "replay/judge/replay.h"
#include "replay/montana/montana_clock.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/joined_recording.h"
#include "snapshot/montana/montana.h"
#include "snapshot/open/open_recording.h"
#include "tests/replay/montana/montana_fixture.h"
#include "tests/support/replay/replay_fixture.h"
#include "tests/support/snapshot/montana_generator.h"
#include "tests/support/snapshot/shared_data.h"

namespace recrank::montana {
namespace montana_engine_test {

using namespace agoric;

using montana::Table;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class MontanaEngine : public ReplayedMontana {
 protected:
  // The verdict of windows behind window 3, of which the last has a twist, and one more.
  std::string with(const MontanaTwist& twist) {
    MontanaGenerator(place()).run(3).save().run(2).run(1, twist).run(1);
    const Verdict verdict = replayed().verdict;
    return verdict_text(verdict) + (verdict.reason.empty() ? "" : ": " + verdict.reason);
  }
};

TEST_F(MontanaEngine, MeetsEveryFactOfWindowsThatFollowTheRules) {
  MontanaGenerator(place(), {.nodes = 5, .accounts = 9, .confirmers = 3}).run(4).save().run(30);
  const ReplayResult result = replayed();
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.plan.range, (StepRange{5, 35}));
  EXPECT_EQ(result.compared.steps, 30U);
  EXPECT_EQ(result.compared.facts, 30U * 7);
  EXPECT_THAT(result.left_out, AllOf(Contains("reveals_root"), Not(Contains("bundles_root"))));
  EXPECT_THAT(result.left_out, Not(Contains("t_r")));
}

TEST_F(MontanaEngine, NamesTheTableThatDiverges) {
  MontanaTwist twist;
  twist.node_root = sha256_digest({"another"});
  EXPECT_EQ(with(twist), "diverged 6: 6 node_root, 6 state_root");
}

TEST_F(MontanaEngine, FindsBalancesThatDiffer) {
  MontanaGenerator generator(place());
  generator.run(3).save();
  // One account has more than the saved table says: all later roots are of another history.
  std::string& accounts = generator.records(Table::kAccounts);
  accounts[montana::kAccountBalance] = '\x55';
  generator.run(8);
  const Verdict verdict = replayed().verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kDiverged);
  EXPECT_EQ(verdict.divergences.at(0).fact, "account_root");
}

TEST_F(MontanaEngine, FindsAClockThatDiverges) {
  MontanaTwist twist;
  twist.clock = sha256_digest({"another"});
  EXPECT_EQ(with(twist), "diverged 6: 6 t_r");
}

TEST_F(MontanaEngine, GoesOnFromTheRecordedClockWhenToldToContinue) {
  MontanaTwist twist;
  twist.clock = sha256_digest({"another"});
  MontanaGenerator(place()).run(3).save().run(1).run(1, twist).run(3);
  ReplayRequest request = node_request();
  request.on_divergence = OnDivergence::kContinue;
  EXPECT_EQ(verdict_text(replayed(request).verdict), "diverged 5: 5 t_r") << "only window 5";
}

TEST_F(MontanaEngine, CarriesABalanceBeyondSixtyFourBits) {
  MontanaGenerator generator(place(), {.nodes = 1, .accounts = 1, .confirmers = 1});
  std::string& accounts = generator.records(Table::kAccounts);
  for (size_t i = 1; i < 8; ++i) accounts[montana::kAccountBalance + i] = '\xff';
  generator.run(2).save().run(3);
  EXPECT_EQ(verdict_text(replayed().verdict), "clean");
}

// ---- what the rules do not cover is never a divergence ----

TEST_F(MontanaEngine, RefusesOperations) {
  MontanaTwist twist;
  twist.operations = 2;
  EXPECT_THAT(with(twist), AllOf(HasSubstr("unjudged 7"), HasSubstr("window 7 uses operations")));
}

TEST_F(MontanaEngine, RefusesARegistration) {
  MontanaTwist twist;
  twist.candidate_root = sha256_digest({"candidates"});
  EXPECT_THAT(with(twist), AllOf(HasSubstr("unjudged 6"), HasSubstr("window 6 uses registration")));
}

TEST_F(MontanaEngine, RefusesSelectionWhereCandidatesWait) {
  MontanaGenerator generator(place());
  generator.add_record(Table::kCandidates, MontanaGenerator::id("candidate", 0));
  generator.run(3).save().run(2);
  EXPECT_THAT(replayed().verdict.reason,
              HasSubstr("window 4 uses selection or expiry: 1 candidates"));
}

TEST_F(MontanaEngine, RefusesWinnersAndConfirmersThatNoTableHas) {
  MontanaTwist twist;
  twist.winner = sha256_digest({"stranger"});
  EXPECT_THAT(with(twist),
              AllOf(HasSubstr("unjudged 6"), HasSubstr("a winner that is not in the node table")));
  twist = {};
  twist.stranger = sha256_digest({"stranger"});
  EXPECT_THAT(with(twist), AllOf(HasSubstr("unjudged 7"),
                                 HasSubstr("a confirmer that is not in the node table")));
}

TEST_F(MontanaEngine, RefusesBundlesThatCannotBe) {
  MontanaTwist twist;
  twist.twice = true;
  EXPECT_THAT(with(twist), AllOf(HasSubstr("unjudged 7"), HasSubstr("two bundles of node")));
  twist = {};
  twist.bundle_window = 2;
  EXPECT_THAT(with(twist), AllOf(HasSubstr("unjudged 7"), HasSubstr("a bundle of window 2")));
}

TEST_F(MontanaEngine, RefusesOtherVersionsAndControlRoots) {
  MontanaTwist twist;
  twist.version = 2;
  EXPECT_THAT(with(twist), AllOf(HasSubstr("unjudged 6"), HasSubstr("headers of version 2")));
  twist = {};
  twist.control_root = sha256_digest({"vote"});
  EXPECT_THAT(with(twist), AllOf(HasSubstr("unjudged 6"), HasSubstr("another control root")));
}

TEST_F(MontanaEngine, RefusesWhereALiveNodePanics) {
  MontanaGenerator generator(place(), {.nodes = 1, .accounts = 1, .confirmers = 1});
  std::string& accounts = generator.records(Table::kAccounts);
  for (size_t i = 5; i < 16; ++i) accounts[montana::kAccountBalance + i] = '\xff';
  generator.run(2).save().run(200);
  EXPECT_THAT(replayed().verdict.reason, HasSubstr("a balance beyond 128 bits"));
}

TEST_F(MontanaEngine, RefusesAnOperatorWithoutAnAccount) {
  MontanaGenerator generator(place(), {.nodes = 3, .accounts = 1, .confirmers = 1});
  generator.add_record(Table::kNodes,
                       MontanaGenerator::id("late", 0));  // its operator is all zeroes
  MontanaTwist twist;
  twist.winner = MontanaGenerator::id("late", 0);
  generator.run(3).save().run(1, twist);
  const auto recording = open_recording(place());
  if (recording->checkpoints("node").empty())
    GTEST_FAIL() << recording->subjects().front().not_replayable;
  EXPECT_THAT(run(*recording).verdict.reason, HasSubstr("an operator that has no account"));
}

// ---- the state to begin from ----

const Interrupt kNoInterrupt;

StartRequest start_of(const Recording& recording) {
  StartRequest request;
  request.dialect = kMontanaDialect;
  request.range = {5, 11};
  request.heap =
      recording.open_snapshot("node", recording.checkpoints("node").at(0), SnapshotTrust::kHash);
  return request;
}

TEST_F(MontanaEngine, ComputesTheHashesThatTablesOfTheFirstVersionLack) {
  MontanaGenerator(place()).run(4).save().run(6);
  const auto recording = open_recording(place());
  StartRequest request = start_of(*recording);
  const auto head = montana::read_packed_head(request.heap.get(), "packed");
  uint64_t size = montana::kPackedHeadBytes;
  for (const Table table : montana::kTables)
    size += head.count(table) * montana::record_bytes(table);
  ASSERT_EQ(::ftruncate(request.heap.get(), static_cast<off_t>(size)), 0);
  ASSERT_EQ(::pwrite(request.heap.get(), "\1", 1, 7), 1);
  const StartResult started = make_montana_engine()->start(std::move(request), kNoInterrupt);
  ASSERT_NE(started.run, nullptr);
  std::string sha256;
  ASSERT_TRUE(std::holds_alternative<StepDone>(started.run->write_snapshot(sha256)));
  EXPECT_EQ(sha256, recording->checkpoints("node").at(0).sha256);
}

TEST_F(MontanaEngine, IsInterruptedWhileItLoadsTheTables) {
  MontanaGenerator(place()).run(4).save().run(6);
  Interrupt interrupt;
  interrupt.request();
  const auto recording = open_recording(place());
  const StartResult started = make_montana_engine()->start(start_of(*recording), interrupt);
  EXPECT_EQ(started.run, nullptr);
  EXPECT_TRUE(std::holds_alternative<StepInterrupted>(started.failure));
}

TEST_F(MontanaEngine, TellsTheMemoryOfItsTablesAndTrees) {
  MontanaGenerator(place(), {.nodes = 50, .accounts = 70}).run(4).save().run(6);
  const uint64_t records = 50 * montana::kNodeBytes + 70 * montana::kAccountBytes;
  const ReplayResult result = replayed();
  EXPECT_GT(result.cost.peak_rss_bytes, records);
  EXPECT_LT(result.cost.peak_rss_bytes, 2 * records);
}

TEST_F(MontanaEngine, WritesTablesThatAreThoseOfTheDirectoryAtThatWindow) {
  MontanaGenerator generator(place());
  generator.run(4).save().run(6).write_to(place("later")).save();
  fs::remove_all(place("later/proposals"));
  fs::copy(place("node/proposals"), place("later/proposals"));
  const auto recording = open_recording(place());
  const StartResult started = make_montana_engine()->start(start_of(*recording), kNoInterrupt);
  ASSERT_NE(started.run, nullptr);
  const auto stream = recording->steps("node", {5, 11});
  Step step;
  struct NoCalls : CallHandler {
    std::optional<std::string_view> on_call(std::string_view) override { return std::nullopt; }
  } no_calls;
  while (stream->next(step)) {
    ASSERT_TRUE(std::holds_alternative<StepDone>(started.run->apply(step, no_calls)));
  }
  std::string sha256;
  ASSERT_TRUE(std::holds_alternative<StepDone>(started.run->write_snapshot(sha256)));
  EXPECT_EQ(sha256, open_recording(place("later"))->checkpoints("node").at(0).sha256);
}

TEST_F(MontanaEngine, GoesOnFromACheckpointOfItsOwn) {
  MontanaGenerator(place()).run(4).save().run(6);
  ReplayRequest request = node_request();
  request.perturbation.reload_after.steps = {6, 8};
  const ReplayResult result = replayed(request);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.perturbed, "2 reloads");
}

TEST_F(MontanaEngine, TornDirectoryIsReplayedWhenAskedAndUnjudgedWhenNot) {
  MontanaGenerator(place()).run(5).save().run(1).save_current_window(6).save_last_cemented(6);
  const auto recording = open_recording(place());
  try {
    static_cast<void>(plan_replay(*recording, node_request()));
    FAIL() << "it was planned";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("--from 6"));
  }
  ReplayRequest request = node_request();
  request.from = 6;
  EXPECT_EQ(verdict_text(run(*recording, request).verdict), "clean");
}

TEST_F(MontanaEngine, StateOfAnotherHistoryIsNeverADivergence) {
  MontanaGenerator(place("a"), {.salt = "a"}).run(4).save().run(3).forget_proposals({1, 5});
  MontanaGenerator(place("b"), {.salt = "b"}).run(4).save();
  const auto joined = join_checkpoints(open_recording(place("a")), open_recording(place("b")));
  const Verdict verdict = run(*joined).verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(verdict.reason, HasSubstr("window 5 does not follow on the state"));
}

// ---- the clock ----

TEST_F(MontanaEngine, DamagedDIsNeverADivergence) {
  MontanaGenerator(place()).run(4).save().run(3);
  flip_bits(place() / "meta/timechain.bin", montana::kClockFileHashes, 4);
  const Verdict verdict = replayed().verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(verdict.reason,
              AllOf(HasSubstr("its D is damaged"), HasSubstr("--verify-clock none")));
  ReplayRequest request = node_request();
  request.options.set("verify-clock", "none");
  const ReplayResult unclocked = replayed(request);
  EXPECT_EQ(verdict_text(unclocked.verdict), "clean");
  EXPECT_THAT(unclocked.left_out, Contains("t_r"));
}

TEST_F(MontanaEngine, WithoutAClockFileNeedsToBeToldToLeaveTheClockOut) {
  MontanaGenerator(place()).run(4).save().run(3);
  fs::remove(place() / "meta/timechain.bin");
  EXPECT_THAT(replayed().verdict.reason, HasSubstr("--verify-clock none"));
  ReplayRequest request = node_request();
  request.options.set("verify-clock", "none");
  EXPECT_EQ(verdict_text(replayed(request).verdict), "clean");
}

TEST_F(MontanaEngine, SamplesTheFirstTheLastAndEveryHundredthWindow) {
  MontanaGenerator(place(), {.first_window = 90}).run(5).save().run(120);
  ReplayRequest request = node_request();
  request.options.set("verify-clock", "sample");
  const ReplayResult result = replayed(request);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  // 95..214 is 120 windows: 95, 100, 200, 214.
  EXPECT_THAT(result.left_out, Contains("t_r in 116 of 120 steps"));
}

TEST(MontanaClock, CountsWhatIsCheckedAsItIsChecked) {
  for (const StepRange range :
       {StepRange{5, 6}, StepRange{5, 7}, StepRange{1, 1001}, StepRange{100, 301},
        StepRange{99, 202}, StepRange{100, 102}, StepRange{7, 7}}) {
    for (const montana::ClockCheck check :
         {montana::ClockCheck::kNone, montana::ClockCheck::kSample, montana::ClockCheck::kAll}) {
      uint64_t counted = 0;
      for (uint64_t w = range.begin; w < range.end; ++w)
        counted += montana::is_checked(w, range, check) ? 1U : 0U;
      EXPECT_EQ(montana::count_checked(range, check), counted) << range.begin << ".." << range.end;
    }
  }
}

TEST(MontanaClock, SaysWhatItCostsOnlyWhereThatIsUnusual) {
  EXPECT_EQ(montana::clock_cost({1, 11}, 1000, montana::ClockCheck::kAll), "");
  EXPECT_EQ(montana::clock_cost({1, 11}, 325'000'000, montana::ClockCheck::kNone), "");
  EXPECT_THAT(montana::clock_cost({1, 11}, 325'000'000, montana::ClockCheck::kAll),
              AllOf(HasSubstr("10 windows × 325,000,000 hashes"), HasSubstr("on one core"),
                    HasSubstr("--verify-clock sample")));
}

// ---- limits ----

TEST_F(MontanaEngine, HeedsTheLimitOfAStepInsideTheClock) {
  MontanaGenerator(place()).run(4).save().run(3);
  // The clock file claims a D that no test could wait for.
  flip_bits(place() / "meta/timechain.bin", montana::kClockFileHashes + 4, 0x40);
  ReplayRequest request = node_request();
  request.limits.step_wall_s = 0.05;
  const Verdict verdict = replayed(request).verdict;
  ASSERT_EQ(verdict.kind, VerdictKind::kLimit);
  EXPECT_EQ(verdict.limit->kind, LimitKind::kStepWall);
  EXPECT_EQ(verdict.limit->value, "0.05 s");
}

TEST_F(MontanaEngine, IsInterruptedInsideTheClock) {
  MontanaGenerator(place()).run(4).save().run(3);
  flip_bits(place() / "meta/timechain.bin", montana::kClockFileHashes + 4, 0x40);
  Interrupt interrupt;
  std::jthread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    interrupt.request();
  });
  EXPECT_EQ(run(*open_recording(place()), node_request(), interrupt).verdict.kind,
            VerdictKind::kInterrupted);
}

TEST_F(MontanaEngine, RefusesTablesThatTheMemoryLimitIsTooSmallFor) {
  MontanaGenerator(place()).run(4).save().run(3);
  ReplayRequest request = node_request();
  request.limits.memory_bytes = 1000;
  const Verdict verdict = replayed(request).verdict;
  ASSERT_EQ(verdict.kind, VerdictKind::kLimit);
  EXPECT_EQ(verdict.limit->kind, LimitKind::kMemory);
}

TEST(MontanaEngineIdentity, IsThatOfTheProgramItIsAPartOf) {
  const auto engine = make_montana_engine();
  EXPECT_EQ(engine->identity().sha256, sha256_hex_of_file("/proc/self/exe"));
  EXPECT_EQ(engine->identity().dialect, "montana");
}

TEST(MontanaEngineIdentity, SpeaksNoOtherDialectAndNeedsTables) {
  const auto engine = make_montana_engine();
  const Interrupt interrupt;
  StartRequest vat;
  vat.dialect = kXsnap2024;
  EXPECT_THROW(static_cast<void>(engine->start(std::move(vat), interrupt)), Error);
  StartRequest bare;
  bare.dialect = kMontanaDialect;
  EXPECT_THROW(static_cast<void>(engine->start(std::move(bare), interrupt)), Error);
}

// ---- recorded histories ----

class RecordedMontana : public testing::TestWithParam<const char*> {};

TEST_P(RecordedMontana, IsMetInEveryWindowFromTheSnapshot) {
  const fs::path data = shared_data("montana");
  if (!fs::exists(data)) GTEST_SKIP() << "no recorded Montana directories at " << data;
  const auto joined =
      join_checkpoints(open_recording(data / GetParam()), open_recording(data / "snapshot-at-10"));
  const ReplayResult result = run(*joined);
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.plan.range, (StepRange{11, 21}));
  EXPECT_EQ(result.compared.facts, 70U);
}

INSTANTIATE_TEST_SUITE_P(Both, RecordedMontana,
                         testing::Values("solo20-uninterrupted", "solo20-restarted-at-10"),
                         [](const auto& each) {
                           return std::string(each.index == 0 ? "Uninterrupted" : "Restarted");
                         });

}  // namespace montana_engine_test
}  // namespace recrank::montana
