// shrink, bisect, pack and scenario for nodes: through the same code as for vats and programs. A
// Montana node is replayed by recrank itself, a Stellar node by a stand-in for henyey.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/harness/recrank_report.h"
#include "tests/support/replay/henyey_home.h"
#include "tests/support/snapshot/montana_generator.h"

namespace recrank {
namespace node_capsule_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Ran;
using testing_support::report_of;
using testing_support::run_recrank;

json read_json(const fs::path& file) {
  std::ifstream in(file);
  return json::parse(in);
}

// What is made of a recording is moved alone into an empty directory, and the recording removed.
class NodeCapsule : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (scratch_.path() / name).string();
  }
  // The report of a replay of the capsule there, with nothing else around it.
  [[nodiscard]] json replay_alone(const std::string& capsule, const std::vector<std::string>& more,
                                  int status) const {
    const fs::path empty = scratch_.path() / "elsewhere";
    fs::create_directories(empty);
    fs::rename(at(capsule), empty / capsule);
    std::vector<std::string> words{"replay", capsule, "--json", "-"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run_recrank(words, {{}, 0, empty});
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    EXPECT_EQ(std::distance(fs::directory_iterator(empty), {}), 1) << "a replay leaves nothing";
    return json::parse(ran.out);
  }

  ScratchDir scratch_;
};

class MontanaCapsule : public NodeCapsule {
 protected:
  MontanaCapsule() {  // window 9 claims another root than its tables have
    MontanaTwist wrong;
    wrong.node_root = sha256_digest({"wrong"});
    MontanaGenerator(node(), {.nodes = 2, .accounts = 2}).run(4).save().run(4).run(1, wrong).run(3);
  }
  [[nodiscard]] std::string node() const { return at("node"); }
};

TEST_F(MontanaCapsule, ADivergenceIsCutDownToItsWindowOnTablesThatWereWrittenForIt) {
  const json shrunk =
      report_of({"shrink", node(), "--verify-clock", "sample", "-o", at("x.crank")}, 1);
  EXPECT_EQ(shrunk.at("steps").at("kept"), json::array({9}));
  EXPECT_EQ(shrunk.at("steps").at("begins"), json({{"checkpoint", "tables@9"}, {"written", true}}));
  fs::remove_all(node());
  const json again = replay_alone("x.crank", {}, 1);
  EXPECT_EQ(again.at("verdict").at("step"), 9);
  EXPECT_EQ(again.at("verdict").at("field"), "node_root");
  EXPECT_EQ(again.at("expected").at("met"), true);
  EXPECT_THAT(again.at("reproduce").get<std::string>(), HasSubstr("--verify-clock sample"));
}

TEST_F(MontanaCapsule, APackedRangeNeedsNothingButRecrank) {
  ASSERT_EQ(run_recrank({"pack", node(), "-o", at("x.crank")}).status, 0);
  fs::remove_all(node());
  const json again = replay_alone("x.crank", {}, 1);
  EXPECT_EQ(again.at("recording").at("kind"), "capsule");
  EXPECT_EQ(again.at("range").at("checkpoint"), "tables@5");
  EXPECT_EQ(again.at("compared").at("steps"), 4);
  EXPECT_EQ(again.at("expected").at("same_engine"), true);
  EXPECT_EQ(again.at("expected").at("met"), true);
}

TEST_F(MontanaCapsule, ASlicedRangeIsCleanAndMet) {
  ASSERT_EQ(run_recrank({"pack", node(), "--to", "8", "-o", at("x.crank")}).status, 0);
  const json again = replay_alone("x.crank", {}, 0);
  EXPECT_EQ(again.at("verdict").at("kind"), "clean");
  EXPECT_EQ(again.at("expected").at("met"), true);
}

TEST_F(MontanaCapsule, BecomesAScenarioThatCanFail) {
  ASSERT_EQ(run_recrank({"scenario", "new", node(), "-o", at("made")}).status, 0);
  fs::remove_all(node());
  json scenario = read_json(at("made/scenario.json"));
  EXPECT_EQ(scenario.at("engines").at(0).at("name"), "montana");
  EXPECT_EQ(scenario.at("engines").at(0).at("needs"), "it is a part of recrank itself");
  EXPECT_EQ(
      scenario.at("expect").at(0),
      json({{"engine", "montana"}, {"kind", "diverged"}, {"step", 9}, {"field", "node_root"}}));
  EXPECT_EQ(run_recrank({"run", at("made")}).status, 0);
  scenario["expect"][0]["step"] = 8;
  std::ofstream(at("made/scenario.json")) << scenario;
  EXPECT_EQ(run_recrank({"run", at("made")}).status, 1);
}

TEST_F(MontanaCapsule, ADamagedOneIsNeverADivergence) {
  ASSERT_EQ(run_recrank({"pack", node(), "-o", at("x.crank")}).status, 0);
  const uint64_t bytes = fs::file_size(at("x.crank"));
  for (uint64_t offset = 5000; offset < bytes; offset += 997) {
    flip_bits(at("x.crank"), offset);
    const Ran ran = run_recrank({"replay", at("x.crank")});
    const bool as_it_was =
        ran.status == 1 && ran.out.find("expected verdict: met") != std::string::npos;
    EXPECT_TRUE(ran.status == 125 || as_it_was) << "byte " << offset << ": " << ran.out << ran.err;
    flip_bits(at("x.crank"), offset);
  }
}

TEST_F(MontanaCapsule, BisectSaysThatThereIsNoListOfEnginesToSearch) {
  const fs::path other = scratch_.path() / "recrank-of-today";
  fs::copy_file(RECRANK_BINARY_DIR "/bin/recrank", other);
  for (const std::string& engines : {std::string("montana,montana"), "montana," + other.string()}) {
    const Ran ran = run_recrank({"bisect", node(), "--engines", engines});
    EXPECT_EQ(ran.status, 125) << ran.out;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("its engine, montana, is a part of recrank"),
                               HasSubstr("git bisect run"), Not(HasSubstr("xsnap"))));
  }
}

class HenyeyCapsule : public NodeCapsule {
 protected:
  HenyeyCapsule() { write_ledger_db(at("mainnet.db"), ledgers_); }
  [[nodiscard]] std::string engine() const { return home_.engine_file().string(); }
  [[nodiscard]] json make(const std::string& command, const std::string& to, int status) const {
    std::vector<std::string> words{command};
    if (command == "scenario") words.emplace_back("new");
    words.insert(words.end(), {at("mainnet.db"), "--engine", engine(), "-o", at(to)});
    json made = report_of(words, status);
    fs::remove(at("mainnet.db"));
    return made;
  }

  // The archive has a state behind ledger 63; the database holds what follows ledger 99.
  const std::vector<MadeLedger> chain_ = make_ledgers(64, 106);
  const std::vector<MadeLedger> ledgers_{chain_.begin() + 36, chain_.end()};
  const HenyeyHome home_{chain_};
  const std::string other_hash_ = std::string(64, 'c');
};

TEST_F(HenyeyCapsule, HoldsWhatTheLedgersCameToAndNeedsTheNodesCache) {
  home_.act("mismatch 150 " + other_hash_);
  const json packed = make("pack", "x.crank", 0);
  EXPECT_EQ(packed.at("range"), json({{"from", 100}, {"to", 150}, {"checkpoint", "own@100"}}));
  EXPECT_THAT(run_recrank({"inspect", at("x.crank"), "--verify"}).out,
              AllOf(HasSubstr("docs/systems/henyey.md"), HasSubstr("100..150")));
  const json again = replay_alone("x.crank", {"--engine", engine()}, 1);
  EXPECT_EQ(again.at("verdict").at("field"), "ledger_hash");
  EXPECT_EQ(again.at("verdict").at("got"), other_hash_);
  EXPECT_EQ(again.at("expected").at("met"), true);
}

TEST_F(HenyeyCapsule, WithoutTheNodeIsUnjudgedAndSaysHowToGetIt) {
  home_.act("mismatch 150 " + other_hash_);
  (void)make("pack", "x.crank", 0);
  const Ran ran = run_recrank({"replay", at("x.crank")});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("write an engine file"), HasSubstr("docs/systems/henyey.md")));
}

TEST_F(HenyeyCapsule, DoesNotMeetItsClaimOnAMendedBuild) {
  home_.act("mismatch 150 " + other_hash_);
  (void)make("pack", "x.crank", 0);
  home_.act("");
  const json again = replay_alone("x.crank", {"--engine", engine()}, 0);
  EXPECT_EQ(again.at("verdict").at("kind"), "clean");
  EXPECT_EQ(again.at("expected").at("met"), false);
}

// It begins where the node finds a state of its own: behind every 64th ledger.
TEST_F(HenyeyCapsule, ADivergenceIsCutDownToTheNearestCheckpointOfTheArchive) {
  home_.act("mismatch 150 " + other_hash_);
  const json shrunk = make("shrink", "x.crank", 1);
  EXPECT_EQ(shrunk.at("ended"), "nearest-checkpoint");
  EXPECT_EQ(shrunk.at("steps").at("begins"), json({{"checkpoint", "own@128"}, {"written", false}}));
  EXPECT_EQ(shrunk.at("steps").at("kept").size(), 23U);
  EXPECT_EQ(replay_alone("x.crank", {"--engine", engine()}, 1).at("expected").at("met"), true);
}

// It executes ledgers one after the other: none but the first ones can be left out.
TEST_F(HenyeyCapsule, ACrashIsCutDownToTheNearestCheckpointToo) {
  home_.act("panic 150");
  const json shrunk = make("shrink", "x.crank", 2);
  EXPECT_EQ(shrunk.at("ended"), "nearest-checkpoint");
  EXPECT_EQ(shrunk.at("steps").at("begins").at("checkpoint"), "own@128");
  const json again = replay_alone("x.crank", {"--engine", engine()}, 2);
  EXPECT_EQ(again.at("verdict").at("step"), 150);
  EXPECT_EQ(again.at("verdict").at("signal"), "SIGABRT");
  EXPECT_EQ(again.at("expected").at("met"), true);
}

TEST_F(HenyeyCapsule, ALimitIsCutDownLikewise) {
  home_.act("stuck 150");
  const json shrunk = report_of(
      {"shrink", at("mainnet.db"), "--engine", engine(), "--step-limit", "3", "-o", at("x.crank")},
      3);
  EXPECT_EQ(shrunk.at("steps").at("begins").at("checkpoint"), "own@128");
  const json again = replay_alone("x.crank", {"--engine", engine()}, 3);
  EXPECT_EQ(again.at("verdict").at("limit"), "step-wall");
  EXPECT_EQ(again.at("expected").at("met"), true);
}

TEST_F(HenyeyCapsule, BecomesAScenarioThatNamesItsEngineFile) {
  home_.act("panic 150");
  (void)make("scenario", "made", 0);
  const json scenario = read_json(at("made/scenario.json"));
  EXPECT_EQ(scenario.at("expect").at(0).at("kind"), "crashed");
  EXPECT_EQ(scenario.at("expect").at(0).at("step"), 150);
  EXPECT_EQ(run_recrank({"run", at("made")}).status, 0);
  home_.act("");
  EXPECT_EQ(run_recrank({"run", at("made")}).status, 1) << "a mended build is not as expected";
}

TEST_F(HenyeyCapsule, BisectFindsTheBuildThatBroughtADivergence) {
  std::string list;
  for (const char* const build : {"b1", "b2", "b3", "b4"}) {
    // What a stand-in does stands in its archive.
    const std::string archive = std::string("archive-") + build;
    fs::copy(home_.path() / "archive", home_.path() / archive, fs::copy_options::recursive);
    if (build > std::string("b2")) {
      std::ofstream(home_.path() / archive / "acts") << "mismatch 150 " << other_hash_ << "\n";
    }
    home_.other_build(build);
    home_.configure("Test SDF Network ; September 2015", "", archive);
    fs::rename(home_.path() / "offline.toml", home_.path() / (archive + ".toml"));
    const fs::path file = home_.path() / (std::string(build) + ".json");
    std::ofstream(file) << R"({"schema":"recrank.engine/1","kind":"henyey","program":"./)" << build
                        << R"(","config":")" << archive << R"(.toml","cache":"cache"})"
                        << "\n";
    list += (list.empty() ? "" : ",") + file.string();
  }
  const json found =
      report_of({"bisect", at("mainnet.db"), "--engines", list, "--no-cache", "--perturb", "0"}, 0);
  EXPECT_EQ(found.at("ended"), "change") << found.dump(1);
  EXPECT_EQ(found.at("first_bad"), "b3.json");
  EXPECT_EQ(found.at("last_good"), "b2.json");
}

}  // namespace node_capsule_e2e_test
}  // namespace recrank
