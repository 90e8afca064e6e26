#include "snapshot/sqlshell/sql_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/recording.h"

namespace recrank {
namespace sql_journal_test {

using testing::HasSubstr;

const std::string kHead = "-- recrank.sql/1\n";
const std::string kDigest(64, 'a');

std::string line(uint64_t number, const std::string& sql) {
  return R"({"n":)" + std::to_string(number) + R"(,"sql":")" + sql + R"(","sha256":")" + kDigest +
         "\"}\n";
}

class SqlJournal : public testing::Test {
 protected:
  std::unique_ptr<Recording> opened(const std::string& text) {
    std::ofstream(home_.path() / "j", std::ios::binary) << text;
    return sqlshell::kJournalFormat.open(home_.path() / "j", "j");
  }
  ScratchDir home_;
};

TEST_F(SqlJournal, GivesEachStatementWithItsChecksumFromAnyStepOn) {
  const auto journal = opened(kHead + line(0, "select 1;") + line(1, "select\\n 2;"));
  ASSERT_EQ(journal->subjects().front().held_count(), 2U);
  EXPECT_TRUE(journal->verify({}).damage.empty());
  const auto stream = journal->steps("node", {1, 2});
  Step step;
  ASSERT_TRUE(stream->next(step));
  EXPECT_EQ(step.number, 1U);
  EXPECT_EQ(step.delivery, "select\n 2;");
  ASSERT_EQ(step.facts.size(), 1U);
  EXPECT_EQ(step.facts[0].name, "output_sha256");
  EXPECT_EQ(step.facts[0].value, kDigest);
  EXPECT_FALSE(stream->next(step));
}

TEST_F(SqlJournal, IsToldByItsFirstLine) {
  EXPECT_TRUE(sqlshell::kJournalFormat.recognise(FileHead(kHead + "{")));
  EXPECT_FALSE(sqlshell::kJournalFormat.recognise(FileHead("-- a script\n")));
}

TEST_F(SqlJournal, IsCutAtADamagedLineWhichIsNamed) {
  for (const std::string& bad :
       {std::string("nonsense\n"), line(7, "select 1;"), line(1, ""),
        std::string("{\"sql\":\"select 1;\",\"sha256\":\"" + kDigest + "\"}\n"),
        std::string("{\"n\":1,\"sql\":\"select 1;\"}\n")}) {
    const auto journal = opened(kHead + line(0, "select 1;") + bad + line(2, "select 3;"));
    EXPECT_EQ(journal->subjects().front().held_count(), 1U) << bad;
    const auto report = journal->verify({});
    ASSERT_EQ(report.damage.size(), 1U) << bad;
    EXPECT_THAT(report.damage[0].what, HasSubstr("j:3: ")) << bad;
    try {
      static_cast<void>(journal->steps("node", {0, 2}));
      ADD_FAILURE() << "given: " << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    }
  }
}

TEST_F(SqlJournal, LeavesATornLastLineOut) {
  const auto journal = opened(kHead + line(0, "select 1;") + R"({"n":1,"sq)");
  EXPECT_EQ(journal->subjects().front().held_count(), 1U);
  EXPECT_TRUE(journal->verify({}).damage.empty());
  EXPECT_EQ(journal->info().notes.size(), 1U);
}

}  // namespace sql_journal_test
}  // namespace recrank
