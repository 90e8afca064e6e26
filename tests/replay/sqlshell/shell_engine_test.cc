// On the real sqlite3 shell, which also made the journals.
#include "replay/sqlshell/shell_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "base/hash.h"
#include "base/scratch_dir.h"
#include "replay/judge/replay.h"
#include "snapshot/sqlshell/sql_journal.h"

namespace recrank {
namespace shell_engine_test {

const Interrupt kNoInterrupt;

class RealShell : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/bin/sqlite3"))
      GTEST_SKIP() << "skipped: no /usr/bin/sqlite3 (package sqlite3)";
  }
  // What a shell of its own prints for all of these statements.
  std::string printed(const std::string& statements) {
    const std::string script = (home_.path() / "script").string();
    std::ofstream(script) << statements;
    const std::string command = "sqlite3 -batch -init /dev/null -json :memory: 2>&1 <" + script;
    std::string text;
    FILE* const pipe = ::popen(command.c_str(), "r");
    for (int c; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
    ::pclose(pipe);
    return text;
  }
  // A journal of what the shell prints: each statement's output is what it adds to all before.
  std::string recorded(const std::vector<std::string>& statements) {
    std::string journal = "-- recrank.sql/1\n";
    std::string script;
    for (size_t n = 0; n < statements.size(); ++n) {
      const size_t before = printed(script).size();
      script += statements[n] + "\n";
      journal += R"({"n":)" + std::to_string(n) + R"(,"sql":")" + statements[n] +
                 R"(","sha256":")" + sha256_hex(printed(script).substr(before)) + "\"}\n";
    }
    return journal;
  }
  ReplayResult replayed(const std::string& journal) {
    std::ofstream(home_.path() / "j") << journal;
    std::ofstream(home_.path() / "e.json")
        << R"({"schema":"recrank.engine/1","kind":"sqlite3","program":"/usr/bin/sqlite3"})";
    const auto recording = sqlshell::kJournalFormat.open(home_.path() / "j", "j");
    const auto engine = sqlshell::make_shell_engine(
        program::load_program(EngineFile(home_.path() / "e.json"), "shell", {}, kNoInterrupt));
    ReplayRequest request;
    request.subject_id = "node";
    return replay(*recording, *engine, request, plan_replay(*recording, request), kNoInterrupt,
                  nullptr);
  }

  ScratchDir home_;
  const std::vector<std::string> shop_{"create table t(a, b);", "insert into t values(1, 'x');",
                                       "select * from t; select count(*) from t;",
                                       "select sum(a) from t;"};
};

TEST_F(RealShell, ComesToTheChecksumsThatItCameTo) {
  const Verdict verdict = replayed(recorded(shop_)).verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::kClean) << verdict.reason;
}

TEST_F(RealShell, ThatPrintsSomethingElseHasDivergedAtThatStep) {
  std::string journal = recorded(shop_);
  const size_t at = journal.find("\"sha256\":\"", journal.find("\"n\":2")) + 10;
  journal.replace(at, 64, std::string(64, '0'));
  const ReplayResult result = replayed(journal);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kDiverged);
  EXPECT_EQ(result.deliveries, 3U);
}

TEST_F(RealShell, ThatLeavesHasCrashed) {
  std::string journal = recorded(shop_);
  journal += R"({"n":4,"sql":".exit 3","sha256":")" + std::string(64, '0') + "\"}\n";
  const ReplayResult result = replayed(journal);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kCrashed);
  EXPECT_EQ(result.verdict.end.exit_status, 3);
  EXPECT_EQ(result.deliveries, 5U);
}

}  // namespace shell_engine_test
}  // namespace recrank
