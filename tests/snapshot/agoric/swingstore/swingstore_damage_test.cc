// Planted damage is found, named and never followed into a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/swingstore/swingstore_export.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"
#include "snapshot/io/inflate.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank::agoric {
namespace swingstore_damage_test {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Everything that a Recording can be asked. Gives what was found: "" or the first trouble. Anything
// but an Error of these kinds, a hang or a crash fails the test.
std::string use_all_of(const Recording& recording) {
  std::string trouble;
  const auto attempt = [&](const auto& body) {
    try {
      body();
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kUsage) << error.what();
      if (trouble.empty()) trouble = error.what();
    }
  };
  for (const Subject& subject : recording.subjects()) {
    for (const StepRange& range : subject.held) {
      attempt([&] {
        Step step;
        const auto stream = recording.steps(subject.id, range);
        while (stream->next(step)) {
        }
      });
    }
    for (const Checkpoint& checkpoint : recording.checkpoints(subject.id)) {
      attempt([&] { (void)recording.setup(subject.id, checkpoint.next_step); });
      if (checkpoint.kind == CheckpointKind::kGenesis || !checkpoint.available) continue;
      attempt([&] { (void)recording.open_snapshot(subject.id, checkpoint, SnapshotTrust::kHash); });
    }
  }
  attempt([&] {
    const HashReport report = recording.verify({});
    if (trouble.empty() && !report.damage.empty()) trouble = report.damage[0].what;
  });
  return trouble;
}

class SwingstoreDamageTest : public ::testing::Test {
 protected:
  SwingstoreDamageTest() {
    store_.vat("v6", "ledger").deliver(3).snapshot().deliver(40).snapshot(20'000).deliver(1);
    store_.write_sqlite(path_);
  }

  HashReport verify() { return open_swingstore_sqlite(path_, "store")->verify({}); }

  void expect_one(const std::string& place, const std::string& what) {
    const HashReport report = verify();
    ASSERT_EQ(report.damage.size(), 1U);
    EXPECT_THAT(report.damage[0].place, HasSubstr("store: " + place));
    EXPECT_THAT(report.damage[0].what, HasSubstr(what));
  }

  void sql(const char* text) { SqliteDb(path_, "t", SqliteAccess::kScratch).execute(text); }

  ScratchDir scratch_;
  fs::path path_ = scratch_.path() / "swingstore.sqlite";
  SwingstoreFixture store_;
};

TEST_F(SwingstoreDamageTest, FindsOneBitInAnItem) {
  flip_byte(path_, find_once(path_, "[\\\"add\\\",[17]]") + 10);
  expect_one("v6 span 6..48", "hash chain ends in");
}

TEST_F(SwingstoreDamageTest, NamesTheItemThatIsNoJsonAnyMore) {
  flip_byte(path_, find_once(path_, R"("computrons":1017)") + 1, 0x20 | 0x02 | 0x80);
  flip_byte(path_, find_once(path_, "[\\\"add\\\",[20]]") + 10, '2' ^ '"');
  const HashReport report = verify();
  ASSERT_EQ(report.damage.size(), 2U);
  EXPECT_EQ(report.damage[0].place, "store: v6 span 6..48 item 20");
  EXPECT_EQ(report.damage[1].place, "store: v6 span 6..48");
}

TEST_F(SwingstoreDamageTest, FindsOneBitInAHeap) {
  const std::string packed = gzip(store_.heap("v6", 47));
  flip_byte(path_, find_once(path_, packed.substr(1000, 500)) + 100);
  const HashReport report = verify();
  ASSERT_FALSE(report.damage.empty());
  EXPECT_EQ(report.damage[0].place, "store: v6 snapshot at 47");
  EXPECT_EQ(report.damage[0].subject_id, "v6");
  const auto recording = open_swingstore_sqlite(path_, "store");
  try {
    (void)recording->open_snapshot("v6", recording->checkpoints("v6")[2], SnapshotTrust::kHash);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_THAT(error.what(), HasSubstr("store: v6 snapshot"));
  }
}

TEST_F(SwingstoreDamageTest, FindsAHeapThatIsAnother) {
  // Right in itself, but not the one that the row speaks of.
  const std::string other = gzip("another heap");
  {
    const SqliteDb db(path_, "t", SqliteAccess::kScratch);
    Statement update(db,
                     "UPDATE snapshots SET compressedSnapshot=CAST(?1 AS BLOB), "
                     "uncompressedSize=12, compressedSize=?2 WHERE snapPos=47");
    update.bind(1, other);
    update.bind(2, static_cast<int64_t>(other.size()));
    (void)update.step();
  }
  expect_one("v6 snapshot at 47", "has sha256");
}

TEST_F(SwingstoreDamageTest, FindsWrongSizes) {
  sql("UPDATE snapshots SET compressedSize=compressedSize+1 WHERE snapPos=5");
  expect_one("v6 snapshot at 5", "compressed bytes");
  sql("UPDATE snapshots SET compressedSize=compressedSize-1, "
      "uncompressedSize=uncompressedSize+1 WHERE snapPos=5");
  expect_one("v6 snapshot at 5", "bytes, recorded");
}

TEST_F(SwingstoreDamageTest, BoundsAHeapThatUnpacksToMore) {
  sql("UPDATE snapshots SET uncompressedSize=100 WHERE snapPos=47");
  expect_one("v6 snapshot at 47", "unpacks to more than the recorded 100 bytes");
}

TEST_F(SwingstoreDamageTest, FindsASnapshotThatTheTranscriptDoesNotKnow) {
  sql("UPDATE snapshots SET hash='00' WHERE snapPos=47");
  const HashReport report = verify();
  ASSERT_EQ(report.damage.size(), 2U);
  EXPECT_THAT(report.damage[0].what, HasSubstr("the transcript says"));
  EXPECT_THAT(report.damage[1].what, HasSubstr("recorded 00"));
}

TEST_F(SwingstoreDamageTest, FindsOneBitInEachKindOfBundle) {
  const uint64_t text = find_once(path_, "function lockdown");
  flip_byte(path_, text);
  expect_one("bundle b0-", "has sha256");
  flip_byte(path_, text);
  const uint64_t map = find_once(path_, R"({"entry":{"vat":"v6")") + 10;
  flip_byte(path_, map);
  expect_one("bundle b1-", "");
  flip_byte(path_, map);
  // The ID does not cover this member; the archive's own checksum does.
  flip_byte(path_, find_once(path_, "export const buildRootObject"));
  expect_one("bundle b1-", "vat/index.js has another CRC-32");
}

TEST_F(SwingstoreDamageTest, NamesAMissingItem) {
  sql("DELETE FROM transcriptItems WHERE position=20");
  expect_one("v6 span 6..48 item 20", "is missing");
  const auto recording = open_swingstore_sqlite(path_, "store");
  const auto stream = recording->steps("v6", {19, 22});
  Step step;
  ASSERT_TRUE(stream->next(step));
  try {
    (void)stream->next(step);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_STREQ(error.what(), "store: v6 step 20: the transcript item is missing");
  }
}

TEST_F(SwingstoreDamageTest, DoesNotHoldHalfASpan) {
  sql("DELETE FROM transcriptItems WHERE position BETWEEN 30 AND 47");
  const auto recording = open_swingstore_sqlite(path_, "store");
  EXPECT_THAT(recording->subjects()[0].held,
              ::testing::ElementsAre(StepRange{0, 6}, StepRange{48, 50}));
  expect_one("v6 span 6..48", "its last item is missing");
}

TEST_F(SwingstoreDamageTest, PassesOverImpossibleRows) {
  sql("INSERT INTO transcriptSpans VALUES('../x',0,5,'h',NULL,0),('v6',-5,5,'h',NULL,0),"
      "('v7',9,5,'h',NULL,0),('v8','a','b',NULL,NULL,'c'),(NULL,NULL,NULL,NULL,NULL,NULL),"
      "('v01',0,1,'h',NULL,0),('v99999999999999999999',0,1,'h',NULL,0)");
  sql("INSERT INTO snapshots "
      "VALUES('v6','x',NULL,'h',1,1,x'00'),(NULL,NULL,NULL,NULL,NULL,NULL,NULL)");
  const auto recording = open_swingstore_sqlite(path_, "store");
  EXPECT_EQ(recording->subjects().size(), 1U);
  EXPECT_EQ(recording->info().notes.size(), 9U);
  EXPECT_EQ(use_all_of(*recording), "");
}

TEST_F(SwingstoreDamageTest, SurvivesRowsOfTheWrongTypes) {
  sql("UPDATE transcriptItems SET item=NULL WHERE position=8;"
      "UPDATE transcriptItems SET item=17 WHERE position=9;"
      "UPDATE snapshots SET compressedSnapshot='text' WHERE snapPos=5;"
      "UPDATE snapshots SET hash=NULL, uncompressedSize='many' WHERE snapPos=47;"
      "UPDATE transcriptSpans SET hash=x'00ff' WHERE startPos=0;"
      "UPDATE kvStore SET value=NULL WHERE key='crankNumber';"
      "INSERT INTO bundles VALUES('zz',x'00'),(NULL,x'00'),('b1-',x'')");
  const auto recording = open_swingstore_sqlite(path_, "store");
  EXPECT_NE(use_all_of(*recording), "");
}

TEST_F(SwingstoreDamageTest, SpansThatOverlapDoNotConfuseTheRanges) {
  sql("INSERT INTO transcriptSpans VALUES('v6',3,20,'h',NULL,7),('v6',2,2,'h',NULL,0)");
  const auto recording = open_swingstore_sqlite(path_, "store");
  EXPECT_THAT(recording->subjects()[0].held, ::testing::ElementsAre(StepRange{0, 50}));
  EXPECT_NE(use_all_of(*recording), "");
}

TEST_F(SwingstoreDamageTest, RefusesOtherDatabases) {
  const std::pair<const char*, const char*> cases[] = {
      {"CREATE TABLE other(x)", "no swing-store"},
      {"CREATE TABLE streamItem(streamName TEXT, position INTEGER, item TEXT)",
       "before transcript"},
      {"CREATE TABLE kvStore(key, value)", "no transcriptItems"},
      // A view would run code out of the file.
      {"CREATE TABLE kvStore(key, value); CREATE TABLE transcriptItems(vatID, position, item);"
       "CREATE VIEW transcriptSpans AS SELECT 'v1' vatID, 0 startPos, 1 endPos, 'h' hash, 1 "
       "isCurrent",
       "no transcriptSpans"},
      {"CREATE TABLE kvStore(key, value); CREATE TABLE transcriptSpans(vatID, startPos, endPos, "
       "hash, isCurrent); CREATE TABLE transcriptItems(vatID, position, "
       "item AS (hex(zeroblob(500000000))))",
       "no transcriptItems.item"},
  };
  for (const auto& [schema, what] : cases) {
    const fs::path path = scratch_.path() / "other.sqlite";
    fs::remove(path);
    SqliteDb(path, "t", SqliteAccess::kScratch).execute(schema);
    try {
      (void)open_swingstore_sqlite(path, "store");
      ADD_FAILURE() << schema;
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr("store: "));
      EXPECT_THAT(std::string(error.what()), HasSubstr(what));
    }
  }
}

TEST_F(SwingstoreDamageTest, ReadsOlderSchemas) {
  for (const FixtureSchema schema : {FixtureSchema::k1A, FixtureSchema::kNoIncarnation}) {
    const fs::path path = scratch_.path() / "old.sqlite";
    fs::remove(path);
    store_.write_sqlite(path, schema);
    const auto recording = open_swingstore_sqlite(path, "store");
    EXPECT_EQ(recording->subjects()[0].held_count(), 50U);
    EXPECT_EQ(use_all_of(*recording), "");
  }
  sql("DROP TABLE snapshots; DROP TABLE bundles");
  const auto bare = open_swingstore_sqlite(path_, "store");
  EXPECT_EQ(bare->checkpoints("v6").size(), 1U);
  EXPECT_EQ(bare->setup("v6", 3).missing.get(kVatBundle), SwingstoreFixture::bundle_id("v6", 0));
}

TEST_F(SwingstoreDamageTest, SurvivesEveryCut) {
  const std::string whole = read_file(path_);
  const fs::path cut = scratch_.path() / "cut.sqlite";
  for (size_t size = 0; size < whole.size(); size += size < 4096 ? 97 : 1021) {
    write_file(cut, std::string_view(whole).substr(0, size));
    try {
      EXPECT_NE(use_all_of(*open_swingstore_sqlite(cut, "store")), "") << size;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kUsage) << size;
      EXPECT_THAT(error.what(), HasSubstr("store")) << size;
    }
  }
}

TEST_F(SwingstoreDamageTest, SurvivesFlippedBytesAnywhere) {
  const std::string whole = read_file(path_);
  const fs::path damaged_path = scratch_.path() / "damaged.sqlite";
  int found = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::string damaged = whole;
    for (unsigned i = 0; i <= seed % 5; ++i) {
      // Half of them in the heads of pages, where the structure of the database is.
      const size_t page = random() % (whole.size() / 4096);
      const size_t at = page * 4096 + random() % (seed % 2 == 0 ? 4096 : 64);
      damaged[at] = static_cast<char>(random());
    }
    write_file(damaged_path, damaged);
    try {
      found += use_all_of(*open_swingstore_sqlite(damaged_path, "store")).empty() ? 0 : 1;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kUsage) << "seed " << seed;
      ++found;
    }
  }
  EXPECT_GT(found, 150);  // the rest hit unused bytes or rows that no hash covers
}

TEST_F(SwingstoreDamageTest, SurvivesADamagedLog) {
  const SqliteDb db(path_, "t", SqliteAccess::kScratch);
  db.execute(
      "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
      "UPDATE kvStore SET value='78' WHERE key='crankNumber';"
      "UPDATE kvStore SET value='79' WHERE key='crankNumber'");
  const std::string log = read_file(path_.string() + "-wal");
  const fs::path copy = scratch_.path() / "copy.sqlite";
  fs::copy_file(path_, copy);
  for (size_t size = 0; size <= log.size(); size += 199) {
    write_file(copy.string() + "-wal", std::string_view(log).substr(0, size));
    // A torn end of the log is an uncommitted transaction: the state before it is sound.
    EXPECT_EQ(use_all_of(*open_swingstore_sqlite(copy, "store")), "") << size;
  }
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    std::string damaged = log;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 + random() % 255);
    write_file(copy.string() + "-wal", damaged);
    EXPECT_EQ(use_all_of(*open_swingstore_sqlite(copy, "store")), "") << seed;
  }
}

TEST(InflateGzip, RefusesWhatIsNotOneStream) {
  const std::string whole = gzip(std::string(100'000, 'x') + "tail");
  const auto run = [](std::string_view packed, uint64_t limit) {
    std::string out;
    inflate_gzip(
        [&](char* data, size_t size) {
          const size_t piece = std::min({size, packed.size(), size_t{7}});
          packed.copy(data, piece);
          packed.remove_prefix(piece);
          return piece;
        },
        [&](std::string_view piece) { out += piece; }, limit, "heap");
    return out;
  };
  EXPECT_EQ(run(whole, 100'004).size(), 100'004U);
  EXPECT_THROW(run(whole, 100'003), Error);
  EXPECT_THROW(run(whole + "x", 200'000), Error);
  EXPECT_THROW(run("plain text", 200'000), Error);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(run(std::string_view(whole).substr(0, size), 200'000), Error) << size;
  }
  std::string wrong_sum = whole;
  wrong_sum[whole.size() - 5] ^= 1;
  EXPECT_THROW(run(wrong_sum, 200'000), Error);
}

}  // namespace swingstore_damage_test
}  // namespace recrank::agoric
