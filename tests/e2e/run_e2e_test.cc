// `recrank run` over stand-ins: it must be as expected where all is, and fail in the right class
// where something is not. The scenarios are in tests/scenarios/.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/scratch_dir.h"
#include "tests/support/replay/program_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace run_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

const fs::path kScenarios = fs::path(RECRANK_SOURCE_DIR) / "tests/scenarios";

void write_text(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A place of its own for engines, kept recordings and reports; `stand-in` is registered.
class RunScenarios : public testing::Test {
 protected:
  RunScenarios() {
    write_text(
        scratch_.path() / "engines.json",
        json{{"schema", "recrank.engines/1"},
             {"engines", {{{"name", "stand-in"}, {"worker", program_.engine_file().string()}}}}}
            .dump());
  }

  [[nodiscard]] Ran run(std::vector<std::string> words, double interrupt_after_s = 0) const {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--recordings", recordings().string()});
    testing_support::RunOptions options;
    options.environment = {"RECRANK_HOME=" + scratch_.path().string()};
    options.interrupt_after_s = interrupt_after_s;
    return run_recrank(words, options);
  }

  [[nodiscard]] json report(std::vector<std::string> words, int status,
                            double interrupt_after_s = 0) const {
    words.insert(words.end(), {"--json", "-"});
    const Ran ran = run(words, interrupt_after_s);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  [[nodiscard]] fs::path recordings() const { return scratch_.path() / "recordings"; }

  // A scenario of its own; `members` besides schema and title.
  [[nodiscard]] std::string scenario(const std::string& name, const std::string& members,
                                     const std::string& journal = "") const {
    const fs::path directory = scratch_.path() / "mine" / name;
    fs::create_directories(directory);
    write_text(directory / "scenario.json",
               R"({"schema":"recrank.scenario/1","title":"t",)" + members + "}");
    if (!journal.empty()) write_text(directory / "events.jsonl", journal);
    return directory.string();
  }

  ScratchDir scratch_;
  ProgramHome program_;
};

constexpr const char* kGood =
    "{\"schema\":\"recrank.journal/1\"}\n{\"event\":1,\"answer\":{\"n\":0,\"got\":1}}\n";
constexpr const char* kOnStandIn =
    R"("recording":{"path":"events.jsonl"},"engines":["stand-in"],"expect":{"kind":"clean"})";

const json& only_scenario(const json& report) { return report.at("scenarios").at(0); }

TEST_F(RunScenarios, AreAsExpectedWhereEverythingIs) {
  const json all = report({kScenarios.string(), "--filter", "control-*"}, 0);
  ASSERT_EQ(all.at("scenarios").size(), 2U);
  for (const json& each : all.at("scenarios")) {
    EXPECT_EQ(each.at("outcome"), "as expected") << each.dump();
    for (const json& one : each.at("cases"))
      EXPECT_EQ(one.at("outcome"), "as expected") << one.dump();
  }
}

struct Negative {
  const char* name;
  int status;
  const char* outcome;
  const char* why;
};

class RunNegative : public RunScenarios, public testing::WithParamInterface<Negative> {};

TEST_P(RunNegative, FailsInItsClassWithItsReason) {
  const json result = report({(kScenarios / GetParam().name).string()}, GetParam().status);
  const json& scenario = only_scenario(result);
  EXPECT_EQ(scenario.at("outcome"), GetParam().outcome) << scenario.dump(1);
  std::string whys;
  for (const json& each : scenario.at("cases")) whys += each.value("why", "") + "\n";
  EXPECT_THAT(whys, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Each, RunNegative,
    testing::Values(
        Negative{"negative-no-crash", 1, "otherwise", "clean, not crashed"},
        Negative{"negative-rare-crash", 1, "otherwise",
                 "it came in 0 of 3 runs: 95 % interval 0 % to 71 %"},
        Negative{"negative-differs", 1, "otherwise", "diverged, not clean"},
        Negative{"negative-step", 1, "otherwise", "at step 1, not at 0"},
        Negative{"negative-signature", 1, "otherwise", "not SIGABRT *"},
        Negative{"negative-reading", 1, "otherwise", "number of steps is 3, not 4"},
        Negative{"negative-nothing-compared", 125, "not judged", "nothing to compare: 2 steps ran"},
        Negative{"negative-damaged", 125, "not judged", "events.jsonl:3"},
        Negative{"negative-no-engine", 125, "not judged", "no engine is named 'no-such-engine'"},
        Negative{"negative-all-skipped", 125, "not judged", "needs a miracle"},
        Negative{"negative-no-recording", 125, "not judged", "no recording lies at"},
        Negative{"negative-other-file", 125, "not judged", "it is another file, or damaged"},
        Negative{"negative-not-fetched", 125, "not judged", "fetch it so: curl -o not-there.jsonl"},
        Negative{"negative-command", 125, "not judged", "ended with status 3: no luck today"},
        Negative{"negative-subject", 125, "not judged", "v77"},
        Negative{"negative-broken", 125, "not judged", "scenario.json:6: expect.kind"}),
    [](const auto& each) {
      std::string name = std::string(each.param.name).substr(9);
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

TEST_F(RunScenarios, EveryNegativeScenarioIsTried) {
  // A directory that no test above names would prove nothing.
  size_t negative = 0;
  for (const auto& entry : fs::directory_iterator(kScenarios)) {
    if (entry.path().filename().string().starts_with("negative-")) ++negative;
  }
  EXPECT_EQ(negative, 16U);
}

TEST_F(RunScenarios, OneThatIsOtherwiseOutweighsWhatCannotBeJudgedAndTheOthersStillRun) {
  const json all = report({kScenarios.string()}, 1);
  EXPECT_EQ(all.at("scenarios").size(), 18U);
  std::vector<std::string> names;
  for (const json& each : all.at("scenarios")) names.push_back(each.at("name"));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST_F(RunScenarios, WhatCannotBeJudgedFailsUnlessAllowedAndNeverWhereNothingWas) {
  const std::vector<std::string> mixed{(kScenarios / "control-clean").string(),
                                       (kScenarios / "negative-no-engine").string()};
  std::vector<std::string> allowed = mixed;
  allowed.emplace_back("--allow-unjudged");
  static_cast<void>(report(mixed, 125));
  static_cast<void>(report(allowed, 0));
  static_cast<void>(
      report({(kScenarios / "negative-no-engine").string(), "--allow-unjudged"}, 125));
}

TEST_F(RunScenarios, AnOptionOfAnotherSystemIsTheScenariosError) {
  const std::string place =
      scenario("metered", std::string(kOnStandIn) + R"(,"limits":{"meter":5})", kGood);
  const json all = report({place}, 125);
  EXPECT_THAT(all.dump(), HasSubstr("scenario.json: --meter-limit is an option of agoric, and "));
}

TEST_F(RunScenarios, JobsChangeNothingInTheReport) {
  const auto outcomes = [](const json& report) {
    std::vector<std::string> all;
    for (const json& each : report.at("scenarios")) {
      for (const json& one : each.at("cases")) {
        all.push_back(each.at("name").get<std::string>() + one.at("name").get<std::string>() +
                      one.at("outcome").get<std::string>() + one.value("why", ""));
      }
    }
    return all;
  };
  EXPECT_EQ(outcomes(report({kScenarios.string(), "--jobs", "1"}, 1)),
            outcomes(report({kScenarios.string(), "--jobs", "7"}, 1)));
}

TEST_F(RunScenarios, ShardsAreDisjointAndMakeUpTheWhole) {
  std::multiset<std::string> seen;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const json part = report({kScenarios.string(), "--shard", shard, "--list"}, 0);
    EXPECT_EQ(part.at("listed").size(), 6U);
    for (const json& each : part.at("listed")) seen.insert(each.at("name"));
  }
  EXPECT_EQ(seen.size(), 18U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 18U);
}

TEST_F(RunScenarios, SelectingNothingIsNotJudgedAndSaysWhatToDo) {
  const Ran none = run({kScenarios.string(), "--filter", "label:nobody-has-this,xyz*", "-q"});
  EXPECT_EQ(none.status, 125);
  // What cannot be read has no labels: it is not left out.
  EXPECT_THAT(none.out + none.err, HasSubstr("negative-broken"));
  const Ran filtered = run({(kScenarios / "control-clean").string(), "--filter", "xyz*"});
  EXPECT_EQ(filtered.status, 125);
  EXPECT_THAT(filtered.err, HasSubstr("selects none of 1 scenario;"));
  const Ran shard = run({(kScenarios / "control-clean").string(), "--shard", "2/2"});
  EXPECT_EQ(shard.status, 125);
  EXPECT_THAT(shard.err, HasSubstr("is empty"));
  EXPECT_EQ(run({(kScenarios / "control-clean").string(), "--shard", "3/2"}).status, 129);
  EXPECT_EQ(run({scratch_.path().string() + "/nowhere"}).status, 125);
}

TEST_F(RunScenarios, FilesOfFailuresAreKeptAndOfNothingElse) {
  const fs::path out = scratch_.path() / "out";
  static_cast<void>(
      report({kScenarios.string(), "--filter", "control-*,negative-signature,negative-no-engine",
              "--out", out.string()},
             1));
  EXPECT_FALSE(fs::exists(out / "control-clean"));
  const fs::path failed = out / "negative-signature";
  const json replay = json::parse(text_of(failed / "program_on_stand-in.json"));
  EXPECT_EQ(replay.at("schema"), "recrank.replay/1");
  EXPECT_EQ(replay.at("verdict").at("kind"), "crashed");
  EXPECT_THAT(replay.at("reproduce").get<std::string>(), HasSubstr("--to 1"));
  EXPECT_THAT(text_of(failed / "program_on_stand-in.txt"), HasSubstr("crashed at step 1"));
  // One that did not run has its reason, and no report that would say nothing.
  EXPECT_THAT(text_of(out / "negative-no-engine" / "all_on_no-such-engine.txt") +
                  text_of(out / "negative-no-engine" / "program_on_no-such-engine.txt"),
              HasSubstr("no engine is named"));
}

TEST_F(RunScenarios, FilesThatCannotBeWrittenAreAnErrorBesideTheResults) {
  const fs::path out = scratch_.path() / "out";
  const std::string failing = (kScenarios / "negative-signature").string();
  EXPECT_EQ(run({failing, "--out", out.string()}).status, 1);
  fs::remove_all(out / "negative-signature");
  std::ofstream(out / "negative-signature") << "in the way";
  const Ran kept = run({failing, "--out", out.string(), "-q"});
  EXPECT_EQ(kept.status, 125);
  EXPECT_THAT(kept.err, HasSubstr("files of negative-signature"));
  EXPECT_THAT(kept.out, HasSubstr("crashed at step 1"));
  EXPECT_THAT(kept.out, HasSubstr("LOST"));
  const Ran full = run({failing, "--markdown", "/dev/full", "-q"});
  EXPECT_EQ(full.status, 125);
  EXPECT_THAT(full.err, HasSubstr("/dev/full"));
  EXPECT_THAT(full.out, HasSubstr("crashed at step 1"));
}

TEST_F(RunScenarios, AReproducerFindsTheFindingAgain) {
  const json crash = report({(kScenarios / "negative-signature").string()}, 1);
  const std::string command = only_scenario(crash).at("cases").at(0).at("reproduce");
  ASSERT_TRUE(command.starts_with("recrank replay ")) << command;
  testing_support::RunOptions options;
  options.environment = {"RECRANK_HOME=" + scratch_.path().string(),
                         "RECRANK=" + std::string(RECRANK_BINARY_DIR) + "/bin"};
  const Ran again =
      testing_support::run_program({"/bin/sh", "-c", "PATH=$RECRANK:$PATH; " + command}, options);
  EXPECT_EQ(again.status, 2) << command << "\n" << again.err;
}

TEST_F(RunScenarios, ARecordingIsMadeOnceAndWholeAndByThoseThatItIsMadeFrom) {
  const std::string base =
      R"({"command":"echo base >>\"$TMPDIR_LOG\"; cp events.jsonl \"$OUT\"","as":"base"})";
  const std::string members =
      R"("recording":{"command":"mkdir \"$OUT\"; cp \"$FROM\" \"$OUT/copy.jsonl\"","as":"derived","inside":"copy.jsonl","from":)" +
      base + R"(},"engines":["stand-in"],"expect":{"kind":"clean"})";
  std::string with_log = members;
  const fs::path log = scratch_.path() / "log";
  with_log.replace(with_log.find("$TMPDIR_LOG"), 11, log.string());
  const std::string place = scenario("made", with_log, kGood);
  static_cast<void>(report({place}, 0));
  EXPECT_TRUE(fs::exists(recordings() / "derived" / "copy.jsonl"));
  static_cast<void>(report({place}, 0));
  fs::remove_all(recordings() / "derived");
  static_cast<void>(report({place}, 0));
  EXPECT_EQ(text_of(log), "base\n");
  for (const auto& entry : fs::directory_iterator(recordings())) {
    EXPECT_EQ(entry.path().string().find("incomplete"), std::string::npos) << entry.path();
  }
}

TEST_F(RunScenarios, ARecordingThatIsNotWholeNeverAppears) {
  const std::string place = scenario(
      "torn",
      R"("recording":{"command":"cp events.jsonl \"$OUT\"; exit 1","as":"torn"},"engines":["stand-in"],"expect":{"kind":"clean"})",
      kGood);
  static_cast<void>(report({place}, 125));
  EXPECT_FALSE(fs::exists(recordings() / "torn"));
  EXPECT_TRUE(fs::is_empty(recordings()));
  const std::string nothing = scenario(
      "nothing",
      R"("recording":{"command":"true","as":"nothing"},"engines":["stand-in"],"expect":{"kind":"clean"})");
  EXPECT_THAT(report({nothing}, 125).dump(), HasSubstr("left nothing at"));
}

TEST_F(RunScenarios, AFetchedRecordingIsTakenWhenItsHashIsRight) {
  fs::create_directories(recordings());
  write_text(recordings() / "got.jsonl", kGood);
  const Ran sum =
      testing_support::run_program({"sha256sum", (recordings() / "got.jsonl").string()});
  ASSERT_EQ(sum.status, 0);
  const auto with = [&](const std::string& sha256) {
    return scenario(
        "fetched",
        R"("recording":{"url":"https://example.org/x","sha256":")" + sha256 +
            R"(","as":"got.jsonl","fetch":"curl"},"engines":["stand-in"],"expect":{"kind":"clean"})");
  };
  static_cast<void>(report({with(sum.out.substr(0, 64))}, 0));
  EXPECT_THAT(report({with(std::string(64, '0'))}, 125).dump(),
              HasSubstr("it is another file, or damaged"));
}

TEST_F(RunScenarios, OneEngineUnderTwoNamesIsRunOnceAndJudgedForEach) {
  const std::string place = scenario(
      "twice",
      R"("recording":{"path":"events.jsonl"},"engines":["stand-in",{"name":"again","engine":"stand-in"}],)"
      R"("expect":[{"engine":"again","kind":"crashed"},{"kind":"clean"}])",
      kGood);
  const json result = report({place}, 1);
  const json& cases = only_scenario(result).at("cases");
  EXPECT_EQ(cases.at(0).at("outcome"), "as expected");
  EXPECT_EQ(cases.at(1).at("outcome"), "otherwise");
  EXPECT_THAT(cases.dump(), HasSubstr("the same engine as in program on stand-in"));
}

TEST_F(RunScenarios, CtrlCEndsWithAReportOfWhatWasDone) {
  const std::string place =
      scenario("hangs", kOnStandIn,
               "{\"schema\":\"recrank.journal/1\"}\n{\"event\":{\"do\":\"hang\"},\"answer\":1}\n");
  const std::string later = scenario("later", kOnStandIn, kGood);
  const json result = report({place, later, "--jobs", "1"}, 130, 1.5);
  EXPECT_EQ(result.at("scenarios").size(), 2U);
  EXPECT_EQ(only_scenario(result).at("outcome"), "interrupted");
  EXPECT_EQ(result.at("scenarios").at(1).at("outcome"), "interrupted");
}

TEST_F(RunScenarios, CtrlCEndsACommandThatMakesARecording) {
  const std::string place = scenario(
      "slow",
      R"("recording":{"command":"touch \"$OUT\"; sleep 600","as":"slow"},"engines":["stand-in"],"expect":{"kind":"clean"})");
  EXPECT_EQ(only_scenario(report({place}, 130, 1.5)).at("outcome"), "interrupted");
  EXPECT_TRUE(fs::is_empty(recordings()));
}

TEST_F(RunScenarios, TwoWithOneNameAreRefused) {
  const std::string one = scenario("same", kOnStandIn, kGood);
  const std::string two = scenario("below/same", kOnStandIn, kGood);
  const Ran ran = run({one, two});
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("two scenarios are named same"));
  EXPECT_EQ(run({one, one, "-q"}).status, 0);
}

TEST_F(RunScenarios, ReportFilesAreWrittenAlsoWhenSomethingFails) {
  const fs::path junit = scratch_.path() / "junit.xml";
  const fs::path sarif = scratch_.path() / "report.sarif";
  const fs::path markdown = scratch_.path() / "report.md";
  static_cast<void>(report({(kScenarios / "negative-step").string(), "--junit", junit.string(),
                            "--sarif", sarif.string(), "--markdown", markdown.string()},
                           1));
  for (const fs::path& file : {junit, sarif, markdown}) EXPECT_FALSE(text_of(file).empty()) << file;
  // One that cannot be written is told before anything runs.
  const Ran ran =
      run({(kScenarios / "control-clean").string(), "--junit", "/proc/nonexistent/x.xml"});
  EXPECT_EQ(ran.status, 125);
  EXPECT_EQ(ran.err.find("as expected"), std::string::npos);
}

}  // namespace run_e2e_test
}  // namespace recrank
