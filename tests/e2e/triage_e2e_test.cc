// `recrank triage` as a user meets it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace triage_e2e_test {

using nlohmann::json;
using testing::HasSubstr;
using testing_support::run_recrank;

class TriageCommand : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    const auto file = scratch_.path() / name;
    std::ofstream(file) << text;
    return file.string();
  }
  ScratchDir scratch_;
};

const std::string kDeath =
    "Jun 28 00:12:05 systemd[1]: dispatch.service: Main process exited, code=dumped, "
    "status=4/ILL\n";
const std::string kUncaught =
    "error: Timed out while waiting for handshake\n      at emitError (node:events:51:13)\n"
    "      at <anonymous> (/srv/ssh2/lib/client.js:1116:16)\n\nBun v1.3.14 (Linux x64)\n";

TEST_F(TriageCommand, EndsWithTwoWhereSomethingDied) {
  const auto ran = run_recrank({"triage", write("a.log", kDeath), "--json", "-"});
  EXPECT_EQ(ran.status, 2) << ran.err;
  const json report = json::parse(ran.out);
  EXPECT_EQ(report.at("schema"), "recrank.triage/1");
  EXPECT_EQ(report.at("deaths"), 1);
  EXPECT_EQ(report.at("classes").at(0).at("programs").at("dispatch.service"), 1);
}

TEST_F(TriageCommand, EndsWithZeroWhereSomethingLivedAndNothingDied) {
  EXPECT_EQ(run_recrank({"triage", write("a.log", "Dispatch booted\n")}).status, 0);
}

TEST_F(TriageCommand, EndsWithOneWhereANodeDivergedAndNothingDied) {
  const auto ran = run_recrank({"triage", write("a.log", "  Ledger 7: MISMATCH\n"), "--json", "-"});
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_EQ(json::parse(ran.out).at("mismatches"), 1);
  EXPECT_THAT(run_recrank({"triage", write("a.log", "  Ledger 7: MISMATCH\n")}).out,
              HasSubstr("0 deaths, 1 hash mismatch in 1 class"));
}

TEST_F(TriageCommand, NeverTakesWhatItDoesNotKnowForALogWithoutDeaths) {
  for (const char* text : {"", "hello\n", "\x01\x02\x03"}) {
    const auto ran = run_recrank({"triage", write("a.log", text)});
    EXPECT_EQ(ran.status, 125) << text;
    EXPECT_THAT(ran.err, HasSubstr("a.log"));
  }
  EXPECT_EQ(run_recrank({"triage", (scratch_.path() / "no.log").string()}).status, 125);
  EXPECT_EQ(run_recrank({"triage"}).status, 129);
}

TEST_F(TriageCommand, NamesTheScenarioThatReproducesADeath) {
  const auto ran = run_recrank({"triage", write("a.log", kUncaught), "--scenarios",
                                std::string(RECRANK_SOURCE_DIR) + "/scenarios", "--json", "-"});
  const json classes = json::parse(ran.out).at("classes");
  ASSERT_EQ(classes.size(), 1U);
  ASSERT_EQ(classes[0].at("scenarios").size(), 1U);
  EXPECT_EQ(classes[0].at("scenarios")[0].at("name"), "bun-ssh-handshake");
  EXPECT_EQ(classes[0].at("scenarios")[0].at("match"), "same");
}

TEST_F(TriageCommand, NamesTheIssueThatIsFiled) {
  const std::string known = write(
      "known.json",
      R"({"schema":"recrank.known/1","findings":[{"signature":"SIGILL no-words","issue":"us#7"}]})");
  const auto ran = run_recrank({"triage", write("a.log", kDeath), "--known", known});
  EXPECT_THAT(ran.out, HasSubstr("us#7"));
}

TEST_F(TriageCommand, ReadsARotatedJournalFirst) {
  const std::string open =
      R"({"kind":"span-open","spanId":"s","name":"turn","timestamp":1,"extensionId":"x"})"
      "\n";
  const std::string close =
      R"({"kind":"span-close","spanId":"s","name":"turn","timestamp":2,"extensionId":"x","durationMs":1,"status":"ok"})"
      "\n";
  write("app.ndjson.1", open);
  const auto ran = run_recrank({"triage", write("app.ndjson", close)});
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_THAT(ran.err, HasSubstr("is read first"));
}

TEST_F(TriageCommand, ShowsNothingOfALogThatATerminalWouldObey) {
  const auto ran = run_recrank({"triage", write("a.log", "error: \x1b[2Jgone\nexit=1\n")});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
}

}  // namespace triage_e2e_test
}  // namespace recrank
