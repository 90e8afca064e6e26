// Against a stand-in that prints henyey's lines (tests/stand_ins/fake_henyey.cc): what the real
// program cannot be made to do at will. What both do is in henyey_recorded_test.cc.
#include "replay/stellar/henyey_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/hash.h"
#include "replay/judge/replay.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/replay/henyey_home.h"
#include "tests/support/replay/replay_fixture.h"
#include "tests/support/snapshot/evidence_state.h"

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

  // The archive has its state behind ledger 63; the node's database holds the last twenty.
  const std::vector<MadeLedger> chain_ = make_ledgers(64, 76);
  const std::vector<MadeLedger> ledgers_{chain_.begin() + 56, chain_.end()};
  const HenyeyHome home_{chain_};
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
  const HenyeyHome home(chain_);
  auto archive = chain_;
  archive.at(61).hash = other_hash('b');
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
  EXPECT_THAT(verdict("epoch 125"), AllOf(StartsWith("unjudged 125"), HasSubstr("EPOCH MISMATCH")));
  EXPECT_THAT(verdict("skip 125"),
              AllOf(StartsWith("unjudged 125"), HasSubstr("went on to ledger 126")));
  EXPECT_THAT(verdict("exit 125"),
              AllOf(StartsWith("unjudged 125"), HasSubstr("left with status 0")));
}

TEST_F(HenyeyStandIn, InputThatTheCacheLacksIsNamed) {
  fs::remove(home_.inputs() / "125.xdr.zst");
  EXPECT_THAT(verdict(""), AllOf(StartsWith("unjudged 125"),
                                 HasSubstr("the cache has no cdp/testnet/2025-12-18/125.xdr.zst")));
}

// A flipped byte of the input makes another ledger of it, and the engine says "hash mismatch": that
// is damage, and nobody's divergence.
TEST_F(HenyeyStandIn, DamagedInputIsNotTakenForTheEnginesFault) {
  MadeLedger changed = ledgers_.at(5);
  changed.tx_set[20] = static_cast<char>(changed.tx_set[20] ^ 1);
  write_ledger_input(home_.inputs(), changed);
  const std::string place = "cdp/testnet/2025-12-18/125.xdr.zst: its transactions are not those";
  for (const std::string act : {"mismatch", "lie", "differ", "mark", "other", "panic"}) {
    EXPECT_THAT(verdict(act + " 125 " + other_hash('a')),
                AllOf(StartsWith("unjudged 125"), HasSubstr(place)))
        << act;
  }
  EXPECT_EQ(verdict(""), "clean");  // its hash covers its input
}

TEST_F(HenyeyStandIn, AnInputThatTellsOfOtherResultsIsNamedAtItsLedger) {
  EXPECT_THAT(verdict("results 125"),
              AllOf(StartsWith("unjudged"), HasSubstr("the engine stopped at ledger 125, which it "
                                                      "closed as recorded")));
}

// Of a large bucket with an index beside it the program takes the name for the hash.
TEST_F(HenyeyStandIn, ADamagedBucketIsNotTakenForTheEnginesFault) {
  const std::string bytes = "entries of the state";
  const std::string hash = sha256_hex(bytes);
  const fs::path bucket = home_.path() / "cache/buckets/testnet" / (hash + ".bucket.xdr");
  const fs::path states = home_.path() / "archive/history/00/00/00";
  fs::create_directories(states);
  std::ofstream(states / "history-0000003f.json")
      << R"({"currentBuckets":[{"curr":")" << hash << "\"}]}";
  std::ofstream(bucket) << bytes;
  EXPECT_EQ(verdict("mismatch 125 " + other_hash('a')), "diverged 125: 125 ledger_hash");
  std::ofstream(bucket) << "Entries of the state";
  EXPECT_THAT(verdict("mismatch 125 " + other_hash('a')),
              AllOf(StartsWith("unjudged 125"),
                    HasSubstr("the cache is damaged: buckets/testnet/" + hash)));
  EXPECT_EQ(verdict(""), "clean");
}

TEST_F(HenyeyStandIn, InputOfAnotherLedgerIsNotTakenForTheEnginesFault) {
  const auto other = make_ledgers(64, 76, [](LedgerHeader& h) { h.close_time += 1; });
  write_ledger_input(home_.inputs(), other.at(61));
  EXPECT_THAT(verdict("mismatch 125 " + other_hash('a')),
              AllOf(StartsWith("unjudged 125"),
                    HasSubstr("the input of another history: there prev_hash is")));
}

TEST_F(HenyeyStandIn, TheCacheIsLeftAloneThoughTheProgramWritesToItsOwn) {
  const auto before = evidence_state(home_.path() / "cache");
  EXPECT_EQ(verdict(""), "clean");
  EXPECT_EQ(evidence_state(home_.path() / "cache"), before);
}

TEST_F(HenyeyStandIn, OfANewerProgramTheFactsOfALedgerThatDiffersAreKnown) {
  const Verdict found = replayed("differ 125 " + other_hash('a')).verdict;
  ASSERT_EQ(verdict_text(found), "diverged 125: 125 tx_result_hash, 125 ledger_hash");
  EXPECT_EQ(found.divergences.at(0).got, other_hash('d'));
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
  fs::remove_all(home_.path() / "archive/.well-known");
  EXPECT_THAT(verdict(""), AllOf(StartsWith("unjudged 120"), HasSubstr("before its first ledger"),
                                 HasSubstr("stellar-history.json")));
}

// A live node's database is ahead of what it has published.
TEST_F(HenyeyStandIn, AnArchiveThatEndsTooEarlyIsNamedAtOnce) {
  std::ofstream(home_.path() / "archive/.well-known/stellar-history.json")
      << R"({"version":1,"currentLedger":127})";
  EXPECT_EQ(verdict(""), "unjudged 120: its archive holds the ledgers up to 127: --to 127");
}

TEST_F(HenyeyStandIn, OneThatGivesUpForWantOfAnythingElseHasNotCrashed) {
  EXPECT_THAT(verdict("unpublished 128"),
              AllOf(StartsWith("unjudged 128"), HasSubstr("gave up (status 1) before ledger 128"),
                    HasSubstr("Error: not found: file://")));
}

// The archive of an accelerated network has its first state behind ledger 7.
TEST_F(HenyeyStandIn, OfALocalNetworkTheReplayBeginsBehindTheFirstCheckpoint) {
  const auto ledgers = make_ledgers(1, 20);
  const HenyeyHome home(ledgers);
  fs::create_directories(home.path() / "cache/cdp/mainnet");
  fs::create_directories(home.path() / "cache/buckets/mainnet");
  for (const MadeLedger& each : ledgers) {
    write_ledger_input(home.path() / "cache/cdp/mainnet", each);
  }
  const std::string passphrase = "Standalone Network ; February 2017";
  write_ledger_db(
      home.path() / "node.db", ledgers,
      "UPDATE storestate SET state='" + passphrase + "' WHERE statename='networkpassphrase'");
  const auto recording = open_recording(home.path() / "node.db");
  const auto judged = [&](const std::string& more) {
    home.configure(passphrase, more);
    const auto engine = make_henyey_engine(
        load_henyey_program(EngineFile(home.engine_file()), "h", {}, kNoInterrupt));
    return replay(*recording, *engine, request_, plan_replay(*recording, request_), kNoInterrupt,
                  nullptr);
  };
  const ReplayResult result = judged("[testing]\naccelerate_time = true\n");
  EXPECT_EQ(verdict_text(result.verdict), "clean");
  EXPECT_EQ(result.plan.range, (StepRange{8, 21}));
  EXPECT_THAT(judged("").verdict.reason, HasSubstr("before ledger 64 its archive holds no state"));
}

TEST_F(HenyeyStandIn, BothFormsOfItsCommandLineAreSpoken) {
  home_.use_old_form();
  EXPECT_EQ(verdict(""), "clean");
  const HenyeyProgram program =
      load_henyey_program(EngineFile(home_.engine_file()), "h", {}, kNoInterrupt);
  EXPECT_EQ(program.shape, HenyeyShape::kOffline);
  EXPECT_THAT(henyey_arguments(program, {65, 70}, "/private"),
              ElementsAre("--conf", HasSubstr("/offline.toml"), "--log-format", "json", "offline",
                          "verify-execution", "--from", "65", "--to", "69", "--stop-on-error",
                          "--cache-dir", "/private", "-q"));
}

TEST_F(HenyeyStandIn, IsIdentifiedByItsBytesAndAskedForItsBuild) {
  const EngineIdentity identity =
      load_henyey_program(EngineFile(home_.engine_file(R"(,"cdp_date":"2025-12-18")")), "h", {},
                          kNoInterrupt)
          .identity;
  EXPECT_EQ(identity.version, "henyey-v26.0.0-stand-in, commit 6883e8e1");
  EXPECT_EQ(identity.dialect, "henyey");
  EXPECT_THAT(identity.arguments, ElementsAre("--conf", "offline.toml", "--cache-dir", "cache",
                                              "--cdp-date", "2025-12-18"));
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
  EXPECT_THAT(refusal(R"(,"network":"testnet")"), HasSubstr("its archives are on the network"));
  EXPECT_THAT(refusal(R"(,"cdp_date":"2026-05-01")"),
              HasSubstr("no directory cdp/testnet/2026-05-01 in it; henyey looks there for"));
  home_.configure("Standalone Network ; February 2017");
  EXPECT_THAT(refusal(""), HasSubstr("no directory cdp/mainnet in it"));
  home_.configure("Test SDF Network ; September 2015");
  EXPECT_THAT(refusal(R"(,"environment":{"NODE_SEED":"x"})"), HasSubstr("looks like a secret"));
  fs::rename(home_.path() / "cache", home_.path() / "moved");
  EXPECT_THAT(refusal(""), HasSubstr("cache: no directory"));
}

TEST_F(HenyeyStandIn, AConfigurationThatNeedsANetworkIsRefusedAtOnce) {
  const auto refusal = [&](const std::string& config) -> std::string {
    std::ofstream(home_.path() / "offline.toml", std::ios::trunc) << config;
    try {
      (void)load_henyey_program(EngineFile(home_.engine_file()), "h", {}, kNoInterrupt);
    } catch (const Error& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_THAT(refusal(""), HasSubstr("names no archive; an engine has no network"));
  EXPECT_THAT(refusal("[[history.archives]]\nname='a'\nurl='https://history.stellar.org/x'\n"),
              HasSubstr("names the archive https://history.stellar.org/x"));
  EXPECT_THAT(refusal("[[history.archives]]\nname='a'\nurl='file://./history'\n"),
              HasSubstr("file:///ABSOLUTE/PATH"));
  EXPECT_THAT(refusal("NETWORK_PASSPHRASE='x'\n"), HasSubstr("in stellar-core's form"));
  EXPECT_THAT(refusal("[network\n"), HasSubstr("offline.toml:1: "));
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
