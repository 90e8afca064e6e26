// The whole program over a node's database and log, and over a stand-in for henyey, which prints
// henyey's lines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "replay/process/core_file.h"
#include "tests/support/replay/henyey_home.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace henyey_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::run_recrank;

class HenyeyNode : public testing::Test {
 protected:
  HenyeyNode() {
    fs::create_directory(node_);
    write_ledger_db(node_ / "mainnet.db", ledgers_);
  }
  // Of B the state differs from 150 on.
  fs::path other_db() const {
    const auto chain = make_ledgers(128, 42, [](stellar::LedgerHeader& h) {
      if (h.seq >= 150) h.bucket_list_hash = std::string(64, 'b');
    });
    write_ledger_db(home_.path() / "b.db", {chain.begin() + 2, chain.end()});
    return home_.path() / "b.db";
  }
  static json report(const std::vector<std::string>& words, int status) {
    auto with_json = words;
    with_json.insert(with_json.end(), {"--json", "-"});
    const auto ran = run_recrank(with_json);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  // The archive has its state behind ledger 127.
  const std::vector<MadeLedger> chain_ = make_ledgers(128, 42);
  const std::vector<MadeLedger> ledgers_{chain_.begin() + 2, chain_.end()};
  const HenyeyHome home_{chain_};
  const fs::path node_ = home_.path() / "node";
};

TEST_F(HenyeyNode, TwoDatabasesAreComparedToTheFirstLedgerAndField) {
  const json found = report({"compare", node_.string(), other_db().string()}, 1);
  const json& verdict = found.at("subjects").at(0).at("verdict");
  EXPECT_EQ(verdict.at("step"), 150);
  EXPECT_EQ(verdict.at("field"), "bucket_list_hash");
  EXPECT_EQ(verdict.at("beside").at(0).at("field"), "ledger_hash");
  EXPECT_THAT(run_recrank({"compare", node_.string(), other_db().string()}).out,
              HasSubstr("DIFFERS at step 150, bucket_list_hash"));
}

TEST_F(HenyeyNode, ADatabaseAndALogOfOneNodeAreEqual) {
  std::ofstream(home_.path() / "n.log") << closed_lines(ledgers_, false);
  const auto ran = run_recrank({"compare", node_.string(), (home_.path() / "n.log").string()});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("equal: 40 steps, 240 facts"));
}

TEST_F(HenyeyNode, AReplayIsJudgedAndTheEvidenceLeftAlone) {
  const std::string engine = home_.engine_file().string();
  const auto before = evidence_state(node_);
  const json clean = report({"replay", node_.string(), "--engine", engine}, 0);
  EXPECT_EQ(clean.at("verdict").at("kind"), "clean");
  EXPECT_EQ(clean.at("compared").at("facts"), 240);
  EXPECT_EQ(clean.at("engine").at("dialect"), "henyey");
  home_.act("lie 150 " + std::string(64, 'c'));
  const auto ran = run_recrank({"replay", node_.string(), "--engine", engine, "--repeat", "3"});
  EXPECT_EQ(ran.status, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("diverged at step 150, ledger_hash"));
  EXPECT_THAT(ran.out, HasSubstr("3 of 3 runs agree"));
  home_.act("epoch 150");
  EXPECT_EQ(run_recrank({"replay", node_.string(), "--engine", engine}).status, 125);
  home_.act("panic 150");
  EXPECT_EQ(run_recrank({"replay", node_.string(), "--engine", engine}).status, 2);
  EXPECT_EQ(evidence_state(node_), before);
}

TEST_F(HenyeyNode, ACrashLeavesACoreFileOfTheProgramThatTheEngineFileNames) {
  if (!why_no_core(CorePattern::of_system()).empty()) GTEST_SKIP() << "skipped: no core files here";
  home_.act("panic 150");
  const auto ran = run_recrank({"replay", node_.string(), "--engine", home_.engine_file().string(),
                                "--capture", "core", "--core-out", home_.path().string()});
  EXPECT_EQ(ran.status, 2) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("debugger: gdb " + (home_.path() / "henyey").string()));
  EXPECT_TRUE(fs::exists(home_.path() / "recrank-core-node-150")) << ran.out;
}

TEST_F(HenyeyNode, ACaptureIsReplayedAsTheNodeWas) {
  std::ofstream(node_ / "identity.bin") << "key";
  const std::string archive = (home_.path() / "crash.tar.zst").string();
  const json made = report(
      {"capture", node_.string(), "-o", archive, "--binary", (home_.path() / "henyey").string()},
      0);
  EXPECT_EQ(made.at("schema"), "recrank.captured/1");
  EXPECT_EQ(made.at("holds"), "henyey-db node/mainnet.db");
  EXPECT_EQ(made.at("secrets_left_out").at(0).at("path"), "identity.bin");
  EXPECT_EQ(made.at("binary").at("says").at(0), "henyey-v26.0.0-stand-in");
  const json replayed = report({"replay", archive, "--engine", home_.engine_file().string()}, 0);
  EXPECT_EQ(replayed.at("compared").at("steps"), 40);
  EXPECT_EQ(run_recrank({"capture", node_.string(), "-o", archive}).status, 129);
}

TEST_F(HenyeyNode, ALogWithAKeyIsKeptAndToldAndLeftOutOnlyWhenAskedFor) {
  std::ofstream(node_ / "node.log") << "x\n-----BEGIN PRIV"
                                       "ATE KEY-----\n";
  const std::string archive = (home_.path() / "a.tar.zst").string();
  const auto ran = run_recrank({"capture", node_.string(), "-o", archive});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, HasSubstr("LOOK       before you send it"));
  EXPECT_THAT(ran.out, HasSubstr("node.log: it holds a private key (PEM, OpenSSH, PGP), line 2"));
  const json without =
      report({"capture", node_.string(), "-o", archive + "2", "--leave-out-suspects"}, 125);
  EXPECT_EQ(without.at("secrets_left_out").at(0).at("rule"), "recrank/private-key-block");
  EXPECT_EQ(without.at("secrets_left_out").at(0).at("line"), 2);
}

TEST_F(HenyeyNode, ACaptureThatIsNotWholeDoesNotLetTheWipeRun) {
  // Nested too deeply: what even root does not read.
  fs::path deep = node_;
  for (int i = 0; i < 70; ++i) deep /= "d";
  fs::create_directories(deep);
  const auto ran =
      run_recrank({"capture", node_.string(), "-o", (home_.path() / "c.tar.zst").string()});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.out, HasSubstr("MISSING    not readable: 1"));
  EXPECT_TRUE(fs::exists(home_.path() / "c.tar.zst"));
}

}  // namespace henyey_e2e_test
}  // namespace recrank
