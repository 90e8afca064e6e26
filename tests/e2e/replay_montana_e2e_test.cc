// The whole program over a Montana node's data directory: made from the rules, and recorded.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/montana_generator.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/shared_data.h"

namespace recrank {
namespace replay_montana_e2e_test {

namespace fs = std::filesystem;
using montana::Table;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::run_recrank;

class MontanaReplay : public testing::Test {
 protected:
  [[nodiscard]] std::string place(const std::string& name = "node") const {
    return (scratch_.path() / name).string();
  }
  [[nodiscard]] static json report(std::vector<std::string> words, int status) {
    words.insert(words.end(), {"--json", "-"});
    const auto ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ScratchDir scratch_;
};

TEST_F(MontanaReplay, IsCleanOnTheBuiltInEngineAndChangesNothing) {
  MontanaGenerator(place()).run(4).save().run(6);
  const auto before = evidence_state(place());
  const json replayed = report({"replay", place()}, 0);
  EXPECT_EQ(replayed.at("verdict").at("kind"), "clean");
  EXPECT_EQ(replayed.at("recording").at("kind"), "montana");
  EXPECT_EQ(replayed.at("subject").at("kind"), "node");
  EXPECT_EQ(replayed.at("engine").at("name"), "montana");
  EXPECT_EQ(replayed.at("engine").at("dialect"), "montana");
  EXPECT_EQ(replayed.at("range").at("checkpoint"), "tables@5");
  EXPECT_EQ(replayed.at("compared").at("facts"), 42);
  EXPECT_EQ(evidence_state(place()), before);
}

TEST_F(MontanaReplay, TellsADivergenceWithTheCommandThatRepeatsIt) {
  MontanaTwist twist;
  twist.node_root = sha256_digest({"another"});
  MontanaGenerator(place()).run(4).save().run(3).run(1, twist).run(2);
  const json replayed = report({"replay", place(), "--verify-clock", "sample"}, 1);
  EXPECT_EQ(replayed.at("verdict").at("field"), "node_root");
  EXPECT_EQ(replayed.at("verdict").at("step"), 8);
  EXPECT_EQ(replayed.at("reproduce"),
            "recrank replay " + place() +
                " --vat node --engine montana --from 5 --to 8 --verify-clock sample");
}

TEST_F(MontanaReplay, RunsAgainWithControlsVariationsAndRepetition) {
  MontanaTwist twist;
  twist.node_root = sha256_digest({"another"});
  MontanaGenerator(place()).run(4).save().run(3).run(1, twist).run(2);
  const std::vector<std::string> call{"replay", place(), "--jobs", "2"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> words = call;
    words.insert(words.end(), more.begin(), more.end());
    return report(words, 1);
  };
  const json repeated = with({"--repeat", "4", "--explain", "--explain-runs", "3"});
  EXPECT_EQ(repeated.at("verdict").at("cause"), "deterministic") << repeated.dump(1);
  const json varied = with({"--perturb", "3"});
  EXPECT_EQ(varied.at("verdict").at("field"), "node_root");
}

TEST_F(MontanaReplay, TornDirectoryIsUnjudgedWithTheWayOut) {
  MontanaGenerator(place()).run(5).save().run(1).save_current_window(6).save_last_cemented(6);
  const json replayed = report({"replay", place()}, 125);
  EXPECT_EQ(replayed.at("verdict").at("kind"), "unjudged");
  EXPECT_THAT(replayed.at("verdict").at("reason").get<std::string>(),
              AllOf(HasSubstr("torn"), HasSubstr("--from 6")));
  EXPECT_EQ(report({"replay", place(), "--from", "6"}, 0).at("verdict").at("kind"), "clean");
}

TEST_F(MontanaReplay, TakesTheStateOutOfAnotherDirectory) {
  MontanaGenerator generator(place("old"));
  generator.run(4).save();
  fs::copy(place("old"), place(), fs::copy_options::recursive);
  generator.write_to(place()).run(6).save();
  const auto refused = run_recrank({"replay", place()});
  EXPECT_EQ(refused.status, 125);
  EXPECT_THAT(refused.err, HasSubstr("--checkpoint DIR"));
  const json replayed = report({"replay", place(), "--checkpoint", place("old")}, 0);
  EXPECT_EQ(replayed.at("compared").at("steps"), 6);
  MontanaGenerator(place("foreign"), {.salt = "foreign"}).run(4).save();
  const auto foreign = run_recrank({"replay", place(), "--checkpoint", place("foreign")});
  EXPECT_EQ(foreign.status, 129);
  EXPECT_THAT(foreign.err, HasSubstr("is of another history"));
}

// A node's own tables stand at its last window: nothing of these can be done without another's.
class MontanaWithAnothersState : public MontanaReplay {
 protected:
  MontanaWithAnothersState() {
    MontanaTwist twist;
    twist.node_root = sha256_digest({"another"});
    MontanaGenerator generator(place("old"));
    generator.run(4).save();
    fs::copy(place("old"), place(), fs::copy_options::recursive);
    generator.write_to(place()).run(3).run(1, twist).run(2).save();
  }
  [[nodiscard]] json with_state(std::vector<std::string> words, int status) const {
    words.insert(words.end(), {"--checkpoint", place("old")});
    return report(std::move(words), status);
  }
};

TEST_F(MontanaWithAnothersState, IsPackedWithThatState) {
  const std::string capsule = place("node.crank");
  EXPECT_EQ(run_recrank({"pack", place(), "-o", capsule}).status, 125);
  const json packed = with_state({"pack", place(), "-o", capsule}, 0);
  EXPECT_EQ(packed.at("range").at("checkpoint"), "tables@5");
  const json replayed = report({"replay", capsule}, 1);
  EXPECT_EQ(replayed.at("verdict").at("step"), 8);
  EXPECT_EQ(replayed.at("expected").at("met"), true);
}

TEST_F(MontanaWithAnothersState, IsShrunkToTheWindowThatParts) {
  const std::string capsule = place("node.crank");
  EXPECT_EQ(run_recrank({"shrink", place(), "-o", capsule}).status, 125);
  const json shrunk = with_state({"shrink", place(), "-o", capsule}, 1);
  const json replayed = report({"replay", capsule}, 1);
  EXPECT_EQ(replayed.at("verdict").at("field"), "node_root") << shrunk.dump(1);
  EXPECT_EQ(replayed.at("compared").at("steps"), 0) << "one window is left, and it parts";
}

TEST_F(MontanaWithAnothersState, IsAScenarioThatSaysWhereItBegins) {
  fs::create_directory(place("case"));
  const auto run_case = [&](const std::string& member, int status) {
    std::ofstream(fs::path(place("case")) / "scenario.json")
        << R"({"schema":"recrank.scenario/1","title":"t","recording":{"path":"../node"},)" << member
        << R"("engines":["montana"],"expect":{"kind":"diverged","step":8,"field":"node_root"},)"
        << R"("reading":{"first":1,"hashes":true}})";
    return report({"run", place("case")}, status).at("scenarios").at(0).at("cases");
  };
  EXPECT_THAT(run_case("", 125).at(1).at("why").get<std::string>(), HasSubstr("--checkpoint DIR"));
  const json cases = run_case(R"("checkpoint":{"path":"../old"},)", 0);
  EXPECT_EQ(cases.at(1).at("reproduce"),
            "recrank replay " + place() +
                " --vat node --engine montana --from 5 --to 8 --checkpoint " + place("old"));
  EXPECT_THAT(
      run_case(R"("checkpoint":{"path":"../none"},)", 125).at(1).at("why").get<std::string>(),
      HasSubstr("no recording lies at"));
}

TEST_F(MontanaWithAnothersState, BecomesAScenarioThatStandsAlone) {
  const json made = with_state({"scenario", "new", place(), "-o", place("made")}, 0);
  EXPECT_EQ(made.at("scenario").at("expect").at(0).at("step"), 8);
  fs::remove_all(place("old"));
  EXPECT_EQ(run_recrank({"run", place("made")}).status, 0);
}

TEST_F(MontanaReplay, DamageIsUnjudgedWithItsPlace) {
  MontanaGenerator(place()).run(4).save().run(6);
  flip_bits(fs::path(place()) / "proposals/00000000000000000007.bin", 120);
  const json replayed = report({"replay", place()}, 125);
  EXPECT_THAT(replayed.at("verdict").at("reason").get<std::string>(),
              AllOf(HasSubstr("00000000000000000007.bin"), HasSubstr("the evidence is damaged")));
}

TEST_F(MontanaReplay, EmptiedListOfConfirmersIsUnjudgedAndWhatNoHashCoversIsTold) {
  MontanaGenerator(place()).run(4).save().run(6);
  const json sound = report({"inspect", place(), "--verify"}, 0);
  EXPECT_THAT(sound.at("uncovered").dump(), HasSubstr("signatures: they are not verified"));
  const fs::path file = fs::path(place()) / "proposals/00000000000000000007.bin";
  const std::string bytes = read_bytes(file);
  const size_t bundle = montana::kBundleFixedBytes + 36 + montana::kSignatureBytes;
  write_bytes(file, bytes.substr(0, montana::kHeaderBytes) + std::string(2, '\0') +
                        bytes.substr(montana::kHeaderBytes + 2 + 2 * bundle));
  const json replayed = report({"replay", place()}, 125);
  EXPECT_THAT(replayed.at("verdict").at("reason").get<std::string>(),
              AllOf(HasSubstr("00000000000000000007.bin"), HasSubstr("bundles_root")));
}

TEST_F(MontanaReplay, TablesWithoutAWindowAreSaidToBeUnprovenAndNotToHaveNoHashes) {
  MontanaGenerator(place()).run(4).save().forget_proposals({1, 5});
  const auto inspected = run_recrank({"inspect", place(), "--verify"});
  EXPECT_EQ(inspected.status, 0) << inspected.err;
  EXPECT_THAT(inspected.out, AllOf(HasSubstr("not covered  the tables: no window is held"),
                                   Not(HasSubstr("stores no hashes"))));
}

TEST_F(MontanaReplay, FlippedByteInATableIsNeverClean) {
  MontanaGenerator(place()).run(4).save().run(6);
  flip_bits(fs::path(place()) / "nodes.bin", 100);
  const auto ran = run_recrank({"replay", place()});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("nodes.bin is of no window that is held"));
}

TEST_F(MontanaReplay, CompareNamesTheFirstFieldAndTheAllowedOnes) {
  MontanaGenerator generator(place("a"));
  generator.run(4);
  fs::copy(place("a"), place("b"), fs::copy_options::recursive);
  MontanaGenerator other = generator;
  generator.save().run(3).save();
  MontanaTwist late;
  late.proposer = "fallback";
  other.write_to(place("b")).run(1, late);
  other.records(Table::kAccounts)[montana::kAccountBalance] = '\x55';
  other.run(2).save();
  const json compared = report({"compare", place("a"), place("b")}, 1).at("subjects").at(0);
  EXPECT_EQ(compared.at("verdict").at("field"), "account_root") << compared.dump(1);
  EXPECT_EQ(compared.at("verdict").at("beside").at(0).at("field"), "state_root");
  std::string allowed;
  for (const json& each : compared.at("allowed"))
    allowed += each.at("field").get<std::string>() + " ";
  EXPECT_EQ(allowed, "proposer signature prev_proposal_hash ");
}

TEST_F(MontanaReplay, EngineIsListedAsBuiltIn) {
  const json engines = report({"engines", "list"}, 0).at("engines");
  bool found = false;
  for (const json& each : engines)
    found = found || (each.value("name", "") == "montana" && each.at("built_in"));
  EXPECT_TRUE(found) << engines.dump(1);
}

TEST(MontanaReplayRecorded, HistoriesAreCleanAndPartWhereTheyWereRestarted) {
  const fs::path data = shared_data("montana");
  if (!fs::exists(data)) GTEST_SKIP() << "no recorded Montana directories at " << data;
  for (const char* name : {"solo20-uninterrupted", "solo20-restarted-at-10"}) {
    const auto ran = run_recrank(
        {"replay", (data / name).string(), "--checkpoint", (data / "snapshot-at-10").string()});
    EXPECT_EQ(ran.status, 0) << name << ran.out << ran.err;
  }
  const auto corrupt = run_recrank({"replay", (data / "solo20-uninterrupted").string(),
                                    "--checkpoint", (data / "corrupt-timechain").string()});
  EXPECT_EQ(corrupt.status, 125);
  EXPECT_THAT(corrupt.out, HasSubstr("meta/timechain.bin: its t_r of window 10 is 6746340c"));
  const auto compared = run_recrank({"compare", (data / "solo20-uninterrupted").string(),
                                     (data / "solo20-restarted-at-10").string()});
  EXPECT_EQ(compared.status, 1);
  EXPECT_THAT(compared.out,
              AllOf(HasSubstr("DIFFERS at step 11, node_root"), HasSubstr("also winner_endpoint"),
                    HasSubstr("allowed to differ: proposer")));
}

}  // namespace replay_montana_e2e_test
}  // namespace recrank
