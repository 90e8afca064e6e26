// A rollback journal comes from a stranger: what it names is neither opened nor removed.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/sqlite/sqlite_copy.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "snapshot/sqlite/sqlite_journal.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace sqlite_journal_test {

namespace fs = std::filesystem;

int stop_before_the_commit(sqlite3_vfs*, const char*, int) { ::_exit(0); }

// Dies with the super-journal still there, just before its removal commits both.
[[noreturn]] void die_in_a_commit(const fs::path& first, const fs::path& second) {
  sqlite3_initialize();
  sqlite3_vfs dying = *sqlite3_vfs_find(nullptr);
  dying.zName = "dying";
  dying.xDelete = stop_before_the_commit;
  sqlite3_vfs_register(&dying, 1);
  sqlite3* db = nullptr;
  sqlite3_open(first.c_str(), &db);
  const std::string attach = "ATTACH '" + second.string() + "' AS other";
  sqlite3_exec(db, attach.c_str(), nullptr, nullptr, nullptr);
  sqlite3_exec(db, "BEGIN; DELETE FROM main.t; DELETE FROM other.t; COMMIT", nullptr, nullptr,
               nullptr);
  ::_exit(1);  // it did not come to the removal
}

class SqliteJournalTest : public ::testing::Test {
 protected:
  SqliteJournalTest() {
    fs::create_directory(node_);
    for (const fs::path& each : {first_, second_}) {
      const SqliteDb db(each, "db", SqliteAccess::kScratch);
      db.execute("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2),(3)");
    }
  }

  void crash_in_a_commit() {
    const pid_t pid = ::fork();
    if (pid == 0) die_in_a_commit(first_, second_);
    int status = -1;
    ::waitpid(pid, &status, 0);
    ASSERT_EQ(status, 0);
  }

  static int64_t rows(const fs::path& path) {
    const SqliteEvidence evidence = prepare_sqlite_evidence(path);
    const SqliteDb db(evidence.path, "db", SqliteAccess::kEvidence);
    Statement query(db, "SELECT count(*) FROM t");
    EXPECT_TRUE(query.step());
    return query.integer(0);
  }

  ScratchDir scratch_;
  fs::path node_ = scratch_.path() / "node";
  fs::path first_ = node_ / "first.sqlite";
  fs::path second_ = node_ / "second.sqlite";
};

TEST_F(SqliteJournalTest, ATransactionOverTwoDatabasesIsRolledBackInACopyWhileItsSuperJournalLies) {
  crash_in_a_commit();
  const auto super = super_journal_of(journal_of(first_));
  ASSERT_TRUE(super);
  ASSERT_TRUE(fs::exists(super->name));
  const auto before = evidence_state(node_);
  EXPECT_EQ(rows(first_), 3);
  EXPECT_EQ(rows(second_), 3);
  EXPECT_EQ(evidence_state(node_), before);
}

TEST_F(SqliteJournalTest, WithoutItsSuperJournalItIsDamageWithItsPlace) {
  crash_in_a_commit();
  const auto super = super_journal_of(journal_of(first_));
  ASSERT_TRUE(super);
  fs::rename(super->name, scratch_.path() / fs::path(super->name).filename());
  for (const fs::path& each : {first_, second_}) {
    try {
      rows(each);
      FAIL() << each;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      const std::string what = error.what();
      EXPECT_NE(what.find(journal_of(each).string() + ": byte "), std::string::npos) << what;
      EXPECT_NE(what.find(super->name), std::string::npos) << what;
      EXPECT_NE(what.find("copy it there"), std::string::npos) << what;
    }
  }
}

// A swing-store in the middle of a transaction whose journal names a file of the user's.
class SuperJournalOutsideTest : public ::testing::Test {
 protected:
  SuperJournalOutsideTest() {
    fs::create_directory(node_);
    write_bytes(victim_, "precious");
    SwingstoreFixture store;
    store.vat("v1", "a").deliver(200);
    const fs::path living = scratch_.path() / "living.sqlite";
    store.write_sqlite(living);
    const SqliteDb db(living, "living", SqliteAccess::kScratch);
    db.execute("PRAGMA journal_mode=DELETE; PRAGMA cache_size=5");
    db.execute("BEGIN; UPDATE transcriptItems SET item=item||'x'");
    fs::copy_file(living, node_ / "swingstore.sqlite");
    std::string journal = read_bytes(living.string() + "-journal");
    const std::string name = victim_.string();
    uint32_t sum = 0;
    for (const char byte : name) sum += static_cast<uint32_t>(byte);
    const std::string magic = journal.substr(0, 8);
    journal += big_endian(0x40000000 / 4096 + 1) + name +
               big_endian(static_cast<uint32_t>(name.size())) + big_endian(sum) + magic;
    write_bytes(node_ / "swingstore.sqlite-journal", journal);
  }

  static std::string big_endian(uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    return bytes;
  }

  void expect_damage(const fs::path& recording) {
    try {
      (void)open_recording(recording);
      ADD_FAILURE() << "opened " << recording;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
      EXPECT_NE(std::string(error.what()).find("-journal: byte "), std::string::npos)
          << error.what();
    }
    EXPECT_TRUE(fs::exists(victim_));
  }

  ScratchDir scratch_;
  fs::path victim_ = scratch_.path() / "victim";
  fs::path node_ = scratch_.path() / "node";
};

TEST_F(SuperJournalOutsideTest, OpeningTheRecordingDoesNotRemoveTheFileThatItsJournalNames) {
  const auto before = evidence_state(node_);
  expect_damage(node_);
  expect_damage(node_ / "swingstore.sqlite");
  EXPECT_THROW(copy_sqlite_consistently(node_ / "swingstore.sqlite", scratch_.path() / "copy"),
               Error);
  EXPECT_TRUE(fs::exists(victim_));
  EXPECT_EQ(evidence_state(node_), before);
}

TEST_F(SuperJournalOutsideTest, NorDoesOpeningAnArchiveOfIt) {
  const fs::path archive = scratch_.path() / "node.tar.gz";
  ASSERT_EQ(run_program({"tar", "czf", archive.string(), "-C", scratch_.path().string(), "node"}),
            0);
  expect_damage(archive);
}

// The second wall: whatever SQLite itself finds in a file.
TEST_F(SuperJournalOutsideTest, SqliteItselfCanNeitherSeeNorRemoveIt) {
  EXPECT_THROW(
      {
        const SqliteDb db(node_ / "swingstore.sqlite", "db", SqliteAccess::kScratch);
        db.execute("SELECT count(*) FROM sqlite_schema");
      },
      Error);
  EXPECT_TRUE(fs::exists(victim_));
}

TEST_F(SuperJournalOutsideTest, ANameThatIsLongerThanItsJournalIsDamage) {
  const fs::path journal = node_ / "swingstore.sqlite-journal";
  std::string bytes = read_bytes(journal);
  bytes.replace(bytes.size() - 16, 4, "\x7f\xff\xff\xff");
  write_bytes(journal, bytes);
  expect_damage(node_);
}

TEST_F(SqliteJournalTest, AFileCannotAttachAnother) {
  const SqliteDb db(first_, "db", SqliteAccess::kScratch);
  const fs::path other = scratch_.path() / "other.sqlite";
  EXPECT_THROW(
      db.execute(("ATTACH '" + other.string() + "' AS other; CREATE TABLE other.u(x)").c_str()),
      Error);
  EXPECT_FALSE(fs::exists(other));
}

// In use, and marked for a write-ahead log that nobody has made yet.
TEST_F(SqliteJournalTest, ALiveDatabaseWithoutItsLogIsCopiedAndGetsNone) {
  { SqliteDb(first_, "db", SqliteAccess::kScratch).execute("PRAGMA journal_mode=WAL"); }
  ASSERT_FALSE(fs::exists(first_.string() + "-wal"));
  const auto before = evidence_state(node_);
  std::FILE* held = std::fopen(first_.c_str(), "r+");
  ASSERT_TRUE(sqlite_in_use(first_));
  EXPECT_EQ(rows(first_), 3);
  copy_sqlite_consistently(first_, scratch_.path() / "copy.sqlite");
  EXPECT_EQ(rows(scratch_.path() / "copy.sqlite"), 3);
  std::fclose(held);
  EXPECT_EQ(evidence_state(node_), before);
}

}  // namespace sqlite_journal_test
}  // namespace recrank
