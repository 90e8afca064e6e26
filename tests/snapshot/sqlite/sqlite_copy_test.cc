#include "snapshot/sqlite/sqlite_copy.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace sqlite_copy_test {

namespace fs = std::filesystem;

enum class WriterState { kCommitting, kInTransaction, kIdle };

// Another process that has a database open. Each of its transactions puts row n into both tables,
// so that a copy that is not the state of one commit shows at once.
class LiveWriter {
 public:
  LiveWriter(const fs::path& path, const char* journal_mode, WriterState state) {
    Pipe ready = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      run(path, journal_mode, state, ready.write_end.get());
      ::_exit(0);
    }
    char byte = 0;
    EXPECT_EQ(read_some(ready.read_end.get(), &byte, 1, "pipe"), 1U);
  }
  ~LiveWriter() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }

 private:
  static void run(const fs::path& path, const char* journal_mode, WriterState state, int ready) {
    const SqliteDb db(path, "writer", SqliteAccess::kScratch);
    db.execute((std::string("PRAGMA journal_mode=") + journal_mode).c_str());
    db.execute(
        "CREATE TABLE a(n INTEGER PRIMARY KEY, x); CREATE TABLE b(n INTEGER PRIMARY KEY, x)");
    for (int i = 0; i < 200; ++i) commit_one(db);
    if (state == WriterState::kInTransaction) db.execute("BEGIN IMMEDIATE; DELETE FROM a");
    write_all(ready, "x", "pipe");
    while (state == WriterState::kCommitting) commit_one(db);
    ::pause();
  }
  static void commit_one(const SqliteDb& db) {
    db.execute(
        "BEGIN IMMEDIATE;"
        "INSERT INTO a(x) VALUES(randomblob(3000)); INSERT INTO b(x) VALUES(randomblob(10));"
        "COMMIT");
  }

  pid_t pid_ = -1;
};

struct Tables {
  int64_t rows = 0;
  int64_t last = 0;
  friend bool operator==(const Tables&, const Tables&) = default;
};

Tables look(const SqliteDb& db, const char* table) {
  Statement query(db, std::string("SELECT count(*), coalesce(max(n),0) FROM ") + table);
  EXPECT_TRUE(query.step());
  return {query.integer(0), query.integer(1)};
}

// A prefix of the history without holes, the same in both tables.
void expect_one_commit(const fs::path& path, int64_t rows_min) {
  const SqliteDb db(path, "copy", SqliteAccess::kEvidence);
  const Tables a = look(db, "a");
  EXPECT_EQ(a, look(db, "b"));
  EXPECT_EQ(a.rows, a.last);
  EXPECT_GE(a.rows, rows_min);
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class SqliteCopyTest : public ::testing::Test {
 protected:
  SqliteCopyTest() { fs::create_directories(live_), fs::create_directories(out_); }

  ScratchDir scratch_;
  fs::path live_ = scratch_.path() / "live";
  fs::path out_ = scratch_.path() / "out";
  fs::path db_ = live_ / "db.sqlite";
  fs::path copy_ = out_ / "copy.sqlite";
};

TEST_F(SqliteCopyTest, CopiesADatabaseThatIsBeingWritten) {
  const LiveWriter writer(db_, "WAL", WriterState::kCommitting);
  ASSERT_TRUE(sqlite_in_use(db_));
  int64_t before = 200;
  for (int round = 0; round < 5; ++round) {
    const fs::path copy = out_ / ("copy" + std::to_string(round));
    copy_sqlite_consistently(db_, copy);
    expect_one_commit(copy, before);
    before = look(SqliteDb(copy, "copy", SqliteAccess::kEvidence), "a").rows;
    EXPECT_TRUE(fs::exists(db_.string() + "-wal"));
  }
  EXPECT_EQ(names_in(out_),
            (std::vector<std::string>{"copy0", "copy1", "copy2", "copy3", "copy4"}));
}

TEST_F(SqliteCopyTest, LeavesOutATransactionThatIsUnderWay) {
  const LiveWriter writer(db_, "WAL", WriterState::kInTransaction);
  const std::string log = read_file(db_.string() + "-wal");
  const std::string main = read_file(db_);
  copy_sqlite_consistently(db_, copy_);
  expect_one_commit(copy_, 200);
  EXPECT_EQ(read_file(db_.string() + "-wal"), log) << "neither merged nor cut";
  EXPECT_EQ(read_file(db_), main);
}

TEST_F(SqliteCopyTest, CopiesALiveDatabaseWithoutALog) {
  // Its locks come and go with each commit; that it is open for writing stays.
  for (const WriterState state : {WriterState::kCommitting, WriterState::kIdle}) {
    fs::remove(db_);
    fs::remove(copy_);
    const LiveWriter writer(db_, "DELETE", state);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(sqlite_in_use(db_));
    copy_sqlite_consistently(db_, copy_);
    expect_one_commit(copy_, 200);
  }
}

TEST_F(SqliteCopyTest, SeesAWriterThatIsIdle) {
  const LiveWriter writer(db_, "WAL", WriterState::kIdle);
  EXPECT_TRUE(sqlite_in_use(db_));
  copy_sqlite_consistently(db_, copy_);
  expect_one_commit(copy_, 200);
}

// The -shm is evidence like the rest, and SQLite would note in it how far a reader reads.
TEST_F(SqliteCopyTest, CopiesALiveDatabaseWithoutChangingAByteBesideIt) {
  const LiveWriter writer(db_, "WAL", WriterState::kIdle);
  const auto before = evidence_state(live_);
  copy_sqlite_consistently(db_, copy_);
  expect_one_commit(copy_, 200);
  (void)prepare_sqlite_evidence(db_);
  EXPECT_EQ(evidence_state(live_), before);
}

TEST_F(SqliteCopyTest, CopiesALiveDatabaseWhateverItsName) {
  const fs::path odd = live_ / "a%20b?c#d.sqlite";
  const LiveWriter writer(odd, "WAL", WriterState::kIdle);
  copy_sqlite_consistently(odd, copy_);
  expect_one_commit(copy_, 200);
}

TEST_F(SqliteCopyTest, IsReadThroughACopyWhileItIsInUse) {
  const LiveWriter writer(db_, "WAL", WriterState::kCommitting);
  const SqliteEvidence evidence = prepare_sqlite_evidence(db_);
  EXPECT_NE(evidence.path, fs::canonical(db_));
  EXPECT_NE(evidence.note.find("in use"), std::string::npos);
  expect_one_commit(evidence.path, 200);
}

TEST_F(SqliteCopyTest, CopiesADeadDatabaseWithItsLogAndLeavesItAlone) {
  { const LiveWriter writer(db_, "WAL", WriterState::kCommitting); }  // killed
  fs::remove(db_.string() + "-shm");
  const auto before = evidence_state(live_);
  EXPECT_FALSE(sqlite_in_use(db_));
  copy_sqlite_consistently(db_, copy_);
  expect_one_commit(copy_, 200);
  EXPECT_EQ(evidence_state(live_), before);
  EXPECT_EQ(names_in(out_), std::vector<std::string>{"copy.sqlite"});
  // Ordinary tools can read the copy without making files beside it.
  (void)look(SqliteDb(copy_, "copy", SqliteAccess::kLive), "a");
  EXPECT_EQ(names_in(out_), std::vector<std::string>{"copy.sqlite"});
}

TEST_F(SqliteCopyTest, RefusesToReplaceAFile) {
  SwingstoreFixture().write_sqlite(db_);
  write_file(copy_, "precious");
  EXPECT_THROW(copy_sqlite_consistently(db_, copy_), Error);
  EXPECT_THROW(copy_sqlite_consistently(db_, db_), Error);
  EXPECT_EQ(read_file(copy_), "precious");
}

TEST_F(SqliteCopyTest, LeavesNothingWhenTheSourceIsDamaged) {
  SwingstoreFixture store;
  store.vat("v1", "a").deliver(300);
  store.write_sqlite(db_);
  const std::string whole = read_file(db_);
  for (size_t page = 2; page * 4096 < whole.size(); ++page) {
    std::string damaged = whole;
    damaged.replace(page * 4096, 64, std::string(64, '\x55'));
    write_file(db_, damaged);
    EXPECT_THROW(copy_sqlite_consistently(db_, copy_), Error) << page;
    EXPECT_TRUE(names_in(out_).empty());
  }
}

TEST_F(SqliteCopyTest, NamesAnAbsentSource) {
  EXPECT_THROW(copy_sqlite_consistently(live_ / "absent", copy_), Error);
  EXPECT_TRUE(names_in(out_).empty());
  EXPECT_TRUE(names_in(live_).empty());
}

}  // namespace sqlite_copy_test
}  // namespace recrank
