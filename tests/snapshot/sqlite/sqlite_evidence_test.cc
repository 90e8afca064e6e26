// Evidence is read where it lies and stays as it is.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/sqlite/sqlite_copy.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "snapshot/sqlite/sqlite_journal.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace sqlite_evidence_test {

namespace fs = std::filesystem;

int64_t count_rows(const SqliteDb& db) {
  Statement query(db, "SELECT count(*) FROM t");
  EXPECT_TRUE(query.step());
  return query.integer(0);
}

class SqliteEvidenceTest : public ::testing::Test {
 protected:
  // What a machine leaves that stopped while `rows_in_log` rows were only in the write-ahead log.
  fs::path crashed_database(int rows_in_file, int rows_in_log) {
    const fs::path living = scratch_.path() / "living.sqlite";
    const fs::path crashed = scratch_.path() / "crashed";
    fs::create_directory(crashed);
    const SqliteDb db(living, "living", SqliteAccess::kScratch);
    db.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(x)");
    insert(db, rows_in_file);
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    insert(db, rows_in_log);
    fs::copy_file(living, crashed / "db.sqlite");
    fs::copy_file(living.string() + "-wal", crashed / "db.sqlite-wal");
    return crashed / "db.sqlite";
  }

  static void insert(const SqliteDb& db, int rows) {
    for (int i = 0; i < rows; ++i) db.execute("INSERT INTO t VALUES(randomblob(2000))");
  }

  ScratchDir scratch_;
};

TEST_F(SqliteEvidenceTest, SeesRowsThatAreOnlyInTheLogAndChangesNothing) {
  const fs::path path = crashed_database(3, 2000);  // 4 MB of log: several regions of its index
  const auto before = evidence_state(path.parent_path());
  ASSERT_FALSE(sqlite_in_use(path));
  {
    const SqliteEvidence evidence = prepare_sqlite_evidence(path);
    EXPECT_EQ(evidence.path, fs::canonical(path));
    EXPECT_EQ(evidence.note, "");
    const SqliteDb db(evidence.path, "db", SqliteAccess::kEvidence);
    EXPECT_EQ(count_rows(db), 2003);
    EXPECT_EQ(evidence_state(path.parent_path()), before) << "while open";
  }
  EXPECT_EQ(evidence_state(path.parent_path()), before);
}

TEST_F(SqliteEvidenceTest, ReadsADatabaseMarkedForALogThatHasNone) {
  const fs::path path = crashed_database(3, 0);
  fs::remove(path.string() + "-wal");
  const auto before = evidence_state(path.parent_path());
  EXPECT_EQ(count_rows(SqliteDb(path, "db", SqliteAccess::kEvidence)), 3);
  EXPECT_EQ(evidence_state(path.parent_path()), before);
}

TEST_F(SqliteEvidenceTest, ReadsFilesThatNobodyMayWrite) {
  const fs::path path = crashed_database(3, 2);
  fs::permissions(path, fs::perms::owner_read);
  fs::permissions(path.string() + "-wal", fs::perms::owner_read);
  fs::permissions(path.parent_path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(count_rows(SqliteDb(path, "db", SqliteAccess::kEvidence)), 5);
  fs::permissions(path.parent_path(), fs::perms::owner_all);
}

TEST_F(SqliteEvidenceTest, LeavesTheAccessTimeAlone) {
  const fs::path path = crashed_database(3, 2);
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  for (const std::string& name : {path.string(), path.string() + "-wal"}) {
    ASSERT_EQ(::utimensat(AT_FDCWD, name.c_str(), old, 0), 0);
  }
  EXPECT_EQ(count_rows(SqliteDb(path, "db", SqliteAccess::kEvidence)), 5);
  for (const std::string& name : {path.string(), path.string() + "-wal"}) {
    struct stat status {};
    ASSERT_EQ(::stat(name.c_str(), &status), 0);
    EXPECT_EQ(status.st_atim.tv_sec, 1'000'000'000) << name;
  }
}

TEST_F(SqliteEvidenceTest, FindsTheLogBesideTheFileBehindALink) {
  const fs::path path = crashed_database(3, 2);
  const fs::path link = scratch_.path() / "link.sqlite";
  fs::create_symlink(path, link);
  const SqliteEvidence evidence = prepare_sqlite_evidence(link);
  EXPECT_EQ(count_rows(SqliteDb(evidence.path, "db", SqliteAccess::kEvidence)), 5);
}

TEST_F(SqliteEvidenceTest, RefusesToWrite) {
  const fs::path path = crashed_database(3, 2);
  const SqliteDb db(path, "db", SqliteAccess::kEvidence);
  EXPECT_THROW(db.execute("INSERT INTO t VALUES(1)"), Error);
  EXPECT_THROW(db.execute("CREATE TABLE u(x)"), Error);
  EXPECT_EQ(count_rows(db), 5);
}

TEST_F(SqliteEvidenceTest, ServesManyConnectionsAtOnce) {
  const fs::path path = crashed_database(3, 200);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        EXPECT_EQ(count_rows(SqliteDb(path, "db", SqliteAccess::kEvidence)), 203);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SqliteEvidenceTest, ErrorsNameTheFileAndTheFunction) {
  try {
    const SqliteDb db(scratch_.path() / "absent", "shown/name", SqliteAccess::kEvidence);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(std::string(error.what()).find("shown/name: sqlite3_open_v2: "), std::string::npos);
  }
  const fs::path text = scratch_.path() / "text";
  write_file(text, std::string(5000, 'x'));
  try {
    count_rows(SqliteDb(text, "shown/name", SqliteAccess::kEvidence));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
  }
}

TEST_F(SqliteEvidenceTest, RollsBackAHotJournalInACopy) {
  const fs::path living = scratch_.path() / "living.sqlite";
  const fs::path crashed = scratch_.path() / "crashed";
  fs::create_directory(crashed);
  {
    const SqliteDb db(living, "living", SqliteAccess::kScratch);
    // A small cache, so that the open transaction reaches the file.
    db.execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA cache_size=5");
    db.execute("CREATE TABLE t(x)");
    insert(db, 50);
    db.execute("BEGIN; UPDATE t SET x=zeroblob(2000); DELETE FROM t WHERE rowid>10");
    fs::copy_file(living, crashed / "db.sqlite");
    fs::copy_file(living.string() + "-journal", crashed / "db.sqlite-journal");
  }
  const fs::path path = crashed / "db.sqlite";
  const auto before = evidence_state(crashed);
  ASSERT_TRUE(has_hot_journal(path));
  {
    const SqliteEvidence evidence = prepare_sqlite_evidence(path);
    EXPECT_NE(evidence.note.find("-journal"), std::string::npos);
    const SqliteDb db(evidence.path, "db", SqliteAccess::kEvidence);
    EXPECT_EQ(count_rows(db), 50);
    Statement zeroed(db, "SELECT count(*) FROM t WHERE x=zeroblob(2000)");
    ASSERT_TRUE(zeroed.step());
    EXPECT_EQ(zeroed.integer(0), 0);
  }
  EXPECT_EQ(evidence_state(crashed), before);
}

TEST_F(SqliteEvidenceTest, TakesAJournalThatIsDoneWithForNone) {
  const fs::path path = crashed_database(3, 0);
  write_file(path.string() + "-journal", "");
  EXPECT_FALSE(has_hot_journal(path));
  write_file(path.string() + "-journal", std::string(512, '\0'));
  EXPECT_FALSE(has_hot_journal(path));
  EXPECT_EQ(count_rows(SqliteDb(path, "db", SqliteAccess::kEvidence)), 3);
}

}  // namespace sqlite_evidence_test
}  // namespace recrank
