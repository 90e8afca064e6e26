// Against a stand-in that prints henyey's lines (tests/stand_ins/fake_henyey.cc), not against
// henyey.
#include "replay/stellar/henyey_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "replay/judge/replay.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/replay/henyey_home.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank::stellar {
namespace henyey_engine_test {

using namespace agoric;

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Interrupt kNoInterrupt;

std::string other_hash(char digit) { return std::string(64, digit); }

class HenyeyStandIn : public testing::Test {
 protected:
  HenyeyStandIn() {
    write_ledger_db(home_.path() / "node.db", ledgers_);
    request_.subject_id = "node";
    request_.limits.memory_bytes = uint64_t{1} << 30;
    request_.limits.step_wall_s = 60;
  }
  ReplayResult replayed(const std::string& acts) {
    home_.act(acts);
    const auto engine = make_henyey_engine(
        load_henyey_program(EngineFile(home_.engine_file()), "h", {}, kNoInterrupt));
    const auto recording = open_recording(home_.path() / "node.db");
    return replay(*recording, *engine, request_, plan_replay(*recording, request_), kNoInterrupt,
                  nullptr);
  }
  std::string verdict(const std::string& acts) {
    const Verdict found = replayed(acts).verdict;
    return verdict_text(found) + (found.reason.empty() ? "" : ": " + found.reason);
  }

  const std::vector<MadeLedger> ledgers_ = make_ledgers(120, 20);
  const HenyeyHome home_{ledgers_};
  ReplayRequest request_;
};

TEST_F(HenyeyStandIn, ACorrectRunIsCleanWithItsFactsCompared) {
  const ReplayResult result = replayed("");
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.compared.steps, 20U);
  EXPECT_EQ(result.compared.facts, 20U * 6);  // what the log and the header both tell
  EXPECT_THAT(result.left_out, testing::Contains(HasSubstr("prev_hash")));
}

TEST_F(HenyeyStandIn, APartIsReplayedFromTheCheckpointBeforeIt) {
  request_.from = 130;
  request_.to = 133;
  const ReplayResult result = replayed("");
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.plan.range, (StepRange{128, 134}));
}

TEST_F(HenyeyStandIn, AMismatchIsADivergenceOfTheHashWithOursAsGot) {
  const Verdict found = replayed("mismatch 125 " + other_hash('a')).verdict;
  ASSERT_EQ(verdict_text(found), "diverged 125: 125 ledger_hash");
  EXPECT_EQ(found.divergences.at(0).expected, ledgers_.at(5).hash);
  EXPECT_EQ(found.divergences.at(0).got, other_hash('a'));
}

TEST_F(HenyeyStandIn, ASummaryThatHidesAMismatchIsNotBelieved) {
  EXPECT_EQ(verdict("lie 125 " + other_hash('a')), "diverged 125: 125 ledger_hash");
}

TEST_F(HenyeyStandIn, BehindAMismatchNothingIsClaimed) {
  request_.on_divergence = OnDivergence::kContinue;
  const Verdict found = replayed("mismatch 125 " + other_hash('a')).verdict;
  EXPECT_EQ(found.divergence_count, 1U);
  EXPECT_EQ(found.kind, VerdictKind::kDiverged);
}

TEST_F(HenyeyStandIn, AnOlderProgramThatGoesOnBehindAMismatchIsFoundAtIt) {
  EXPECT_EQ(verdict("mark 125 " + other_hash('a')), "diverged 125: 125 ledger_hash");
}

TEST_F(HenyeyStandIn, ARecordingThatItselfDiffersFromItsNetworkIsNotCalledClean) {
  // The archive has 'a' where the recording and the engine have the same hash.
  const HenyeyHome home(ledgers_);
  auto archive = ledgers_;
  archive.at(5).hash = other_hash('b');
  std::string lines = closed_lines(archive, true);
  write_ledger_db(home.path() / "node.db", ledgers_);
  const HenyeyHome of_archive(archive, "mismatch 125 " + ledgers_.at(5).hash);
  const auto engine = make_henyey_engine(
      load_henyey_program(EngineFile(of_archive.engine_file()), "h", {}, kNoInterrupt));
  const auto recording = open_recording(home.path() / "node.db");
  const Verdict found = replay(*recording, *engine, request_, plan_replay(*recording, request_),
                               kNoInterrupt, nullptr)
                            .verdict;
  EXPECT_EQ(found.kind, VerdictKind::kUnjudged);
  EXPECT_THAT(found.reason, HasSubstr("it is the recording that differs from its network"));
}

TEST_F(HenyeyStandIn, AMarkThatNoRecordedHashExplainsIsNotCalledClean) {
  // Its own hash for 125 is the recorded one, and it marks the ledger all the same.
  EXPECT_THAT(verdict("mark 125 " + ledgers_.at(5).hash),
              AllOf(StartsWith("unjudged"), HasSubstr("differs from the archive")));
}

TEST_F(HenyeyStandIn, InputThatIsMissingOrSkippedIsAGapAndNoVerdict) {
  EXPECT_THAT(verdict("nofetch 125"),
              AllOf(StartsWith("unjudged 125"), HasSubstr("CDP fetch failed")));
  EXPECT_THAT(verdict("epoch 125"), AllOf(StartsWith("unjudged 125"), HasSubstr("EPOCH MISMATCH")));
  EXPECT_THAT(verdict("skip 125"),
              AllOf(StartsWith("unjudged 125"), HasSubstr("went on to ledger 126")));
  EXPECT_THAT(verdict("exit 125"),
              AllOf(StartsWith("unjudged 125"), HasSubstr("left with status 0")));
}

TEST_F(HenyeyStandIn, InputOfAnotherHistoryIsNotTakenForTheEnginesFault) {
  EXPECT_THAT(verdict("history 125 " + other_hash('c')),
              AllOf(StartsWith("unjudged 125"), HasSubstr("the cache holds two histories")));
}

TEST_F(HenyeyStandIn, ASummaryThatCountsTooFewIsAContradiction) {
  EXPECT_THAT(verdict("short 0"),
              AllOf(StartsWith("unjudged"), HasSubstr("counts 19 verified and 19 matched of 20")));
}

TEST_F(HenyeyStandIn, AFailureBeforeTheRangeIsNotAFindingInIt) {
  request_.from = 130;
  EXPECT_THAT(verdict("mismatch 129 " + other_hash('a')), StartsWith("diverged 129"));
  // From the first ledger of a range that begins behind a checkpoint of the archive.
  const auto engine = make_henyey_engine(
      load_henyey_program(EngineFile(home_.engine_file()), "h", {}, kNoInterrupt));
  const auto recording = open_recording(home_.path() / "node.db");
  ReplayPlan plan = plan_replay(*recording, request_);
  plan.range.begin = 131;
  const Verdict found = replay(*recording, *engine, request_, plan, kNoInterrupt, nullptr).verdict;
  EXPECT_THAT(found.reason, HasSubstr("the engine failed at ledger 129, on its way"));
}

TEST_F(HenyeyStandIn, AnAbortIsACrashWithItsWords) {
  request_.limits.step_wall_s = 120;
  const Verdict panicked = replayed("panic 125").verdict;
  EXPECT_EQ(verdict_text(panicked), "crashed 125");
  EXPECT_EQ(panicked.end.signal, SIGABRT);
  EXPECT_THAT(panicked.end.last_words, HasSubstr("panicked at crates/ledger"));
  EXPECT_FALSE(panicked.signature.empty());
  EXPECT_THAT(replayed("watchdog 125").verdict.end.last_words, HasSubstr("Auto-aborting"));
}

TEST_F(HenyeyStandIn, ALedgerThatFailsForAnotherReasonIsTheProgramsOwnEnd) {
  const Verdict found = replayed("other 125").verdict;
  EXPECT_EQ(verdict_text(found), "crashed 125");
  EXPECT_EQ(found.end.exit_status, 1);
  EXPECT_THAT(found.end.last_words, HasSubstr("bucket error"));
}

TEST_F(HenyeyStandIn, OneThatIsStuckMeetsTheLimitOfAStep) {
  request_.limits.step_wall_s = 2;
  const Verdict found = replayed("stuck 125").verdict;
  EXPECT_EQ(verdict_text(found), "limit 125");
  EXPECT_EQ(found.limit->kind, LimitKind::kStepWall);
}

TEST_F(HenyeyStandIn, OneThatCannotBeginIsNoCrash) {
  EXPECT_THAT(verdict("init 0"),
              AllOf(StartsWith("unjudged 120"), HasSubstr("before its first ledger"),
                    HasSubstr("dns error")));
}

TEST_F(HenyeyStandIn, BothFormsOfItsCommandLineAreSpoken) {
  home_.use_old_form();
  EXPECT_EQ(verdict(""), "clean");
  const HenyeyProgram program =
      load_henyey_program(EngineFile(home_.engine_file()), "h", {}, kNoInterrupt);
  EXPECT_EQ(program.shape, HenyeyShape::kOffline);
  EXPECT_THAT(
      henyey_arguments(program, {65, 70}),
      ElementsAre("--testnet", "--log-format", "json", "offline", "verify-execution", "--from",
                  "65", "--to", "69", "--stop-on-error", "--cache-dir", HasSubstr("/cache"), "-q"));
}

TEST_F(HenyeyStandIn, IsIdentifiedByItsBytesAndAskedForItsBuild) {
  const EngineIdentity identity =
      load_henyey_program(EngineFile(home_.engine_file(R"(,"cdp_date":"2026-05-01")")), "h", {},
                          kNoInterrupt)
          .identity;
  EXPECT_EQ(identity.version, "henyey-v26.0.0-stand-in, Commit: 6883e8e1");
  EXPECT_EQ(identity.dialect, "henyey");
  EXPECT_THAT(identity.arguments,
              ElementsAre("--testnet", "--cache-dir", "cache", "--cdp-date", "2026-05-01"));
  const auto other = load_henyey_program(EngineFile(home_.engine_file()), "h",
                                         home_.other_build("henyey-2"), kNoInterrupt);
  EXPECT_NE(other.identity.sha256, identity.sha256);
}

TEST_F(HenyeyStandIn, AnEngineFileIsRefusedWithWhatIsWrong) {
  const auto refusal = [&](const std::string& more) -> std::string {
    try {
      (void)load_henyey_program(EngineFile(home_.engine_file(more)), "h", {}, kNoInterrupt);
    } catch (const Error& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_THAT(refusal(R"(,"archive":"x")"), HasSubstr("unknown member \"archive\""));
  EXPECT_THAT(refusal(R"(,"config":"x")"), HasSubstr("and not both"));
  EXPECT_THAT(refusal(R"(,"environment":{"NODE_SEED":"x"})"), HasSubstr("looks like a secret"));
  fs::rename(home_.path() / "cache", home_.path() / "moved");
  EXPECT_THAT(refusal(""), HasSubstr("cache: no directory"));
}

TEST_F(HenyeyStandIn, ARecordingOfVatsIsNotGivenToIt) {
  const auto engine = make_henyey_engine(
      load_henyey_program(EngineFile(home_.engine_file()), "h", {}, kNoInterrupt));
  StartRequest request;
  request.dialect = kXsnap2024;
  EXPECT_THROW((void)engine->start(std::move(request), kNoInterrupt), Error);
}

}  // namespace henyey_engine_test
}  // namespace recrank::stellar
