#include "snapshot/stellar/henyey_db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "snapshot/stellar/ledger_facts.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/ledger_fixture.h"

namespace recrank::stellar {
namespace henyey_db_test {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string fact(const Step& step, std::string_view name) {
  for (const NamedFact& each : step.facts) {
    if (each.name == name) return std::string(each.value);
  }
  return "(none)";
}

class HenyeyDb : public testing::Test {
 protected:
  std::unique_ptr<Recording> make(const std::string& statement = {}) {
    write_ledger_db(file_, ledgers_, statement);
    return open_recording(file_);
  }
  std::vector<std::string> damage(const Recording& recording) {
    std::vector<std::string> lines;
    for (const Damage& each : recording.verify({}).damage)
      lines.push_back(each.place + ": " + each.what);
    return lines;
  }

  const ScratchDir scratch_;
  const fs::path file_ = scratch_.path() / "node.db";
  const std::vector<MadeLedger> ledgers_ = make_ledgers(120, 20);
};

TEST_F(HenyeyDb, GivesEachLedgerWithTheFactsOfItsHeader) {
  const auto recording = make();
  EXPECT_EQ(recording->info().kind, "henyey-db");
  EXPECT_EQ(recording->info().dialect, kHenyeyDialect);
  EXPECT_TRUE(recording->info().notes.empty());
  const Subject& node = recording->subjects().at(0);
  EXPECT_EQ(node.id, "node");
  EXPECT_EQ(node.kind, "node");
  EXPECT_EQ(node.held, (std::vector<StepRange>{{120, 140}}));
  const auto steps = recording->steps("node", {125, 127});
  Step step;
  ASSERT_TRUE(steps->next(step));
  EXPECT_EQ(step.number, 125U);
  EXPECT_EQ(fact(step, "ledger_hash"), ledgers_.at(5).hash);
  EXPECT_EQ(fact(step, "prev_hash"), ledgers_.at(4).hash);
  EXPECT_EQ(fact(step, "bucket_list_hash"), ledgers_.at(5).header.bucket_list_hash);
  EXPECT_EQ(fact(step, "tx_result_hash"), ledgers_.at(5).header.tx_result_hash);
  EXPECT_EQ(fact(step, "total_coins"), "1054439020873472865");
  EXPECT_EQ(fact(step, "close_time"), "1777000625");
  EXPECT_THAT(std::string(step.summary),
              HasSubstr("ledger 125, hash " + ledgers_.at(5).hash.substr(0, 16)));
  ASSERT_TRUE(steps->next(step));
  EXPECT_EQ(step.number, 126U);
  EXPECT_FALSE(steps->next(step));
}

TEST_F(HenyeyDb, ChecksEveryHeaderAndEveryLink) {
  const HashReport report = make()->verify({});
  EXPECT_EQ(report.spans, 20U);
  EXPECT_TRUE(report.damage.empty());
}

TEST_F(HenyeyDb, BeginsAtItsFirstLedgerAndBehindEachCheckpointOfAnArchive) {
  std::vector<uint64_t> starts;
  for (const Checkpoint& each : make()->checkpoints("node")) {
    EXPECT_EQ(each.kind, CheckpointKind::kOwn);
    starts.push_back(each.next_step);
  }
  EXPECT_EQ(starts, (std::vector<uint64_t>{120, 128}));
}

// Under `henyey run --local` time is accelerated, and the genesis and what follows it up to the
// first checkpoint have no state before them.
TEST_F(HenyeyDb, OfAPrivateNetworkBeginsBehindEachEighthLedger) {
  write_ledger_db(file_, make_ledgers(1, 20),
                  "UPDATE storestate SET state='Standalone Network ; February 2017' WHERE "
                  "statename='networkpassphrase'");
  std::vector<uint64_t> starts;
  for (const Checkpoint& each : open_recording(file_)->checkpoints("node")) {
    starts.push_back(each.next_step);
  }
  EXPECT_EQ(starts, (std::vector<uint64_t>{8, 16}));
}

TEST_F(HenyeyDb, SplitsWhatItHoldsAtAGap) {
  const auto recording = make("DELETE FROM ledgerheaders WHERE ledgerseq IN (126,127)");
  EXPECT_EQ(recording->subjects().at(0).held, (std::vector<StepRange>{{120, 126}, {128, 140}}));
  EXPECT_THROW((void)recording->steps("node", {125, 129}), Error);
  EXPECT_TRUE(damage(*recording).empty());
}

TEST_F(HenyeyDb, NamesAHeaderThatIsNotWhatItsHashSays) {
  const auto recording = make("UPDATE ledgerheaders SET data=x'00' WHERE ledgerseq=126");
  const auto found = damage(*recording);
  ASSERT_EQ(found.size(), 1U);  // its neighbours are sound
  EXPECT_THAT(found.at(0), HasSubstr("ledger 126: the header's sha256 is "));
  const auto steps = recording->steps("node", {126, 127});
  Step step;
  EXPECT_THROW((void)steps->next(step), Error);
}

TEST_F(HenyeyDb, NamesAColumnThatSaysOtherThanTheHeader) {
  const auto found =
      damage(*make("UPDATE ledgerheaders SET bucketlisthash='ab' WHERE ledgerseq=130"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found.at(0), HasSubstr("ledger 130: column bucketlisthash holds ab, the header "));
}

TEST_F(HenyeyDb, NamesALinkThatIsBroken) {
  // Sound by themselves, but of another chain from 130 on.
  auto mixed = ledgers_;
  const auto other = make_ledgers(120, 20, [](LedgerHeader& h) {
    if (h.seq == 129) ++h.fee_pool;
  });
  std::copy(other.begin() + 10, other.end(), mixed.begin() + 10);
  write_ledger_db(file_, mixed);
  const auto found = damage(*open_recording(file_));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found.at(0), HasSubstr("ledger 130: it names " + other.at(9).hash));
  // Asked for that ledger alone, the link is looked at as well.
  EXPECT_EQ(open_recording(file_)->verify({"node", StepRange{130, 131}}).damage.size(), 1U);
  // And of a range that ends with the ledger before it: one of the two is not what it was.
  const auto ends_there = open_recording(file_)->verify({"node", StepRange{125, 130}});
  ASSERT_EQ(ends_there.damage.size(), 1U);
  EXPECT_EQ(ends_there.spans, 5U);
}

TEST_F(HenyeyDb, ADamagedLedgerBehindARangeIsNoDamageOfIt) {
  const auto recording = make("UPDATE ledgerheaders SET data=x'00' WHERE ledgerseq=130");
  EXPECT_TRUE(recording->verify({"node", StepRange{125, 130}}).damage.empty());
}

TEST_F(HenyeyDb, TheFirstLedgerOfAllHasNoLinkThatCouldBeBroken) {
  write_ledger_db(file_, make_ledgers(1, 3));
  const auto recording = open_recording(file_);
  EXPECT_TRUE(damage(*recording).empty());
  // Nor can it be replayed, nor what follows it: an archive has its first state behind ledger 63.
  EXPECT_TRUE(recording->checkpoints("node").empty());
}

TEST_F(HenyeyDb, ReadsHeadersInBase64AsStellarCoreStoresThem) {
  // The header of ledger 120 by another program's encoder.
  const fs::path raw = scratch_.path() / "header";
  write_bytes(raw, ledgers_.at(0).xdr);
  ASSERT_EQ(
      run_program({"/bin/sh", "-c", "base64 -w0 " + raw.string() + " > " + raw.string() + ".b64"}),
      0);
  const std::string text = read_bytes(raw.string() + ".b64");
  ASSERT_EQ(decode_base64(text), ledgers_.at(0).xdr);
  const auto recording = make("UPDATE ledgerheaders SET data='" + text + "' WHERE ledgerseq=120");
  EXPECT_TRUE(damage(*recording).empty());
}

TEST_F(HenyeyDb, TellsALastLedgerThatHasNoHeader) {
  const auto recording =
      make("UPDATE storestate SET state='141' WHERE statename='lastclosedledger'");
  ASSERT_EQ(recording->info().notes.size(), 1U);
  EXPECT_THAT(recording->info().notes.at(0), HasSubstr("names 141 as the last closed ledger"));
  // A replay of what is held says that it is not all.
  const auto& missing = recording->subjects().at(0).missing;
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].steps, (StepRange{140, 142}));
  EXPECT_FALSE(missing[0].lost());
}

TEST_F(HenyeyDb, IsReadInPlaceWithWhatItsLogHolds) {
  write_ledger_db(file_, ledgers_);
  // A node that was killed: its newest row is in the -wal only.
  const fs::path dead = scratch_.path() / "dead";
  fs::create_directory(dead);
  {
    const SqliteDb live(file_, "live", SqliteAccess::kScratch);
    live.execute("PRAGMA journal_mode=WAL");
    live.execute("DELETE FROM ledgerheaders WHERE ledgerseq=139");
    fs::copy_file(file_, dead / "node.db");
    fs::copy_file(file_.string() + "-wal", dead / "node.db-wal");
  }
  const auto before = evidence_state(dead);
  const auto recording = open_recording(dead);
  EXPECT_EQ(recording->subjects().at(0).held, (std::vector<StepRange>{{120, 139}}));
  EXPECT_TRUE(recording->verify({}).damage.empty());
  EXPECT_EQ(evidence_state(dead), before);
}

TEST_F(HenyeyDb, AnEmptyOneHoldsNothingThatCouldBeReplayed) {
  write_ledger_db(file_, {});
  const Subject node = open_recording(file_)->subjects().at(0);
  EXPECT_TRUE(node.held.empty());
  EXPECT_THAT(node.not_replayable, HasSubstr("no closed ledger"));
}

TEST_F(HenyeyDb, AViewByTheNameOfTheTableIsNotRead) {
  const SqliteDb db(file_, "x", SqliteAccess::kScratch);
  db.execute("CREATE VIEW ledgerheaders AS SELECT 1 AS ledgerhash");
  EXPECT_THROW((void)open_recording(file_), Error);
}

TEST(LedgerHeader, IsRefusedWhenItIsNotOneWholeHeader) {
  const std::string whole = make_ledgers(7, 1).at(0).xdr;
  EXPECT_EQ(parse_ledger_header(whole).seq, 7U);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW((void)parse_ledger_header(whole.substr(0, size)), Error) << size;
  }
  EXPECT_THROW((void)parse_ledger_header(whole + std::string(4, '\0')), Error);
  std::string many = whole;
  many.at(4 + 32 + 32 + 8) = '\x7f';  // a count of upgrades beyond all measure
  EXPECT_THROW((void)parse_ledger_header(many), Error);
}

}  // namespace henyey_db_test
}  // namespace recrank::stellar
