// --perturb, its single variations and --telemetry as a user calls them, over a stand-in for a
// worker that crashes or differs only where collections or reloads fall otherwise.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace perturb_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

constexpr int kSteps = 20;
const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js";

std::string transcript() {
  std::string text =
      R"({"type":"create-vat","transcriptNum":0,"vatID":"v1","dynamic":false,)"
      R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
      "\n";
  for (int i = 1; i <= kSteps; ++i) {
    text +=
        R"({"transcriptNum":)" + std::to_string(i) +
        R"(,"d":["message","o+0",{"method":"deposit","args":{"body":"[]","slots":[]},"result":"p-60"}],)"
        R"("syscalls":[{"d":["vatstoreGet","k"]}]})"
        "\n";
  }
  return text;
}

// A worker that does what is recorded, with `act` in its last delivery.
std::string script(const std::string& act = "", const std::string& call = "k") {
  std::string text = std::string(kEra) + "\n";
  for (int i = 1; i <= kSteps; ++i) {
    text += R"({"calls":[["vatstoreGet",")" + (i == kSteps ? call : "k") + R"("]])";
    if (i == kSteps && !act.empty()) text += R"(,"do":[)" + act + "]";
    text += "}\n";
  }
  return text;
}

class Perturbed : public testing::Test {
 protected:
  Perturbed() { std::ofstream(sst()) << transcript(); }
  [[nodiscard]] std::string sst() const { return (scratch_.path() / "transcript-v1.sst").string(); }

  [[nodiscard]] json replay(const FakeWorkerHome& home, int status,
                            std::vector<std::string> options) const {
    std::vector<std::string> words{"replay", sst(), "--engine", home.path().string(),
                                   "--json", "-"};
    words.insert(words.end(), options.begin(), options.end());
    const Ran ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  // Runs a reproducer that a report printed; its exit status.
  static int rerun(const std::string& command) {
    std::istringstream in(command);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    EXPECT_EQ(words.front(), "recrank");
    words.erase(words.begin());
    return run_recrank(words).status;
  }

  ScratchDir scratch_;
};

TEST_F(Perturbed, AnHonestWorkerIsCleanInEveryVariation) {
  const FakeWorkerHome home(script());
  const json report = replay(home, 0, {"--perturb", "12", "--jobs", "2"});
  EXPECT_EQ(report.at("verdict").at("kind"), "clean");
  EXPECT_EQ(report.at("perturb").at("clean"), 12);
  EXPECT_EQ(report.at("perturb").at("variations").size(), 12U);
  EXPECT_EQ(report.at("perturb").at("survival_probes"), 1);
  for (const json& run : report.at("perturb").at("variations")) {
    const bool schedule = run.at("options").get<std::string>().find("-after") != std::string::npos;
    EXPECT_EQ(run.contains("done"), schedule) << run.dump();
  }
  EXPECT_NEAR(report.at("perturb").at("excluded_rate_95").get<double>(), 0.221, 1e-3);
  EXPECT_THAT(report.at("perturb").at("answer").get<std::string>(), HasSubstr("clean in 12 of 12"));
}

TEST_F(Perturbed, ACrashThatOnlyAReloadShowsIsFoundAndReproduced) {
  const FakeWorkerHome home(script(R"({"if_reloaded":{"signal":11}})"));
  const json report = replay(home, 2, {"--perturb", "8", "--jobs", "2"});
  EXPECT_EQ(report.at("verdict").at("kind"), "clean");  // of the control
  const json& perturb = report.at("perturb");
  EXPECT_THAT(perturb.at("answer").get<std::string>(), HasSubstr("only hidden"));
  ASSERT_EQ(perturb.at("findings").size(), 1U);
  EXPECT_EQ(perturb.at("findings")[0].at("as_control"), false);
  int crashed = 0;
  for (const json& run : perturb.at("variations")) {
    const bool reloads =
        run.at("options").get<std::string>().find("--reload-after") != std::string::npos;
    EXPECT_EQ(run.at("verdict").at("kind"), reloads ? "crashed" : "clean") << run.dump();
    if (!reloads) continue;
    ++crashed;
    EXPECT_EQ(run.at("verdict").at("step"), kSteps);
    EXPECT_EQ(rerun(run.at("reproduce").get<std::string>()), 2);
  }
  EXPECT_GE(crashed, 2);
}

TEST_F(Perturbed, ACrashThatOnlyACollectionShowsIsFound) {
  const FakeWorkerHome home(script(R"({"if_heap_written":{"signal":11}})"));
  const json report = replay(home, 2, {"--perturb", "8"});
  for (const json& run : report.at("perturb").at("variations")) {
    const std::string options = run.at("options");
    const bool crashes = options.find("--write-heap-after") != std::string::npos &&
                         options.find("--reload-after") == std::string::npos;
    if (options.find("--reload-after") == std::string::npos) {
      EXPECT_EQ(run.at("verdict").at("kind"), crashes ? "crashed" : "clean") << run.dump();
    }
  }
}

TEST_F(Perturbed, TheCrashThatIsHuntedIsToldFromAnother) {
  const FakeWorkerHome home(script(R"({"if_reloaded":{"signal":11}})"));
  const json report = replay(home, 2, {"--perturb", "8", "--hunt", "SIGABRT abort<main"});
  EXPECT_THAT(
      report.at("perturb").at("answer").get<std::string>(),
      testing::StartsWith("what is hunted was met in 0 of 8 variations; something else was; "
                          "crashed SIGSEGV"));
}

TEST_F(Perturbed, AVatThatForgetsOverAReloadDivergesAtTheseSchedules) {
  const FakeWorkerHome home(script(R"({"if_reloaded":{"call":["vatstoreGet","again"]}})"));
  const json report = replay(home, 1, {"--perturb", "8", "--jobs", "2"});
  const std::string answer = report.at("perturb").at("answer");
  EXPECT_THAT(answer, HasSubstr("diverges at these reload schedules: "));
  EXPECT_THAT(answer, HasSubstr("reload after step " + std::to_string(kSteps - 1)));
}

TEST_F(Perturbed, ADeathInTheForcedCollectionItselfSaysSo) {
  const FakeWorkerHome home(script() + R"({"on":"snapshot","do":[{"signal":11}]})"
                                       "\n");
  const json report = replay(home, 2, {"--write-heap-after", "7"});
  EXPECT_EQ(report.at("verdict").at("step"), 7);
  EXPECT_THAT(report.at("verdict").at("detail").at("text").get<std::string>(),
              HasSubstr("while its heap was written after step 7"));
  EXPECT_THAT(report.at("reproduce").get<std::string>(), HasSubstr("--write-heap-after 7"));
}

TEST_F(Perturbed, AHangInTheForcedCollectionMeetsTheStepLimit) {
  const FakeWorkerHome home(script() + R"({"on":"snapshot","do":[{"hang":true}]})"
                                       "\n");
  EXPECT_EQ(replay(home, 3, {"--reload-after", "7", "--step-limit", "1"}).at("verdict").at("limit"),
            "step-wall");
}

TEST_F(Perturbed, ACrashOfTheControlIsHeldAgainstTheVariations) {
  const FakeWorkerHome home(script(R"({"signal":11})"));
  const json report = replay(home, 2, {"--perturb", "4"});
  EXPECT_THAT(report.at("perturb").at("answer").get<std::string>(),
              HasSubstr("the same finding in 4 of 4"));
  EXPECT_EQ(report.at("perturb").at("findings")[0].at("as_control"), true);
}

TEST_F(Perturbed, WhatCannotGoTogetherIsUsage) {
  const FakeWorkerHome home(script());
  const std::string engine = home.path().string();
  const std::vector<std::vector<std::string>> wrong{{"--perturb", "0"},
                                                    {"--perturb", "65"},
                                                    {"--perturb", "4", "--repeat", "2"},
                                                    {"--seed", "3"},
                                                    {"--hunt", "SIGSEGV"},
                                                    {"--perturb", "4", "--reload-after", "3"},
                                                    {"--perturb", "4", "--compare", "computrons"},
                                                    {"--reload-after", "every:0"},
                                                    {"--parser-buffer", "0"}};
  for (const auto& options : wrong) {
    std::vector<std::string> words{"replay", sst(), "--engine", engine};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(run_recrank(words).status, 129) << options[0];
  }
}

TEST_F(Perturbed, TelemetryOfVariationsHasTheirNumbers) {
  const FakeWorkerHome home(script());
  const fs::path file = scratch_.path() / "t.jsonl";
  static_cast<void>(
      replay(home, 0, {"--perturb", "3", "--jobs", "2", "--telemetry", file.string()}));
  std::ifstream in(file);
  std::vector<std::pair<int, int>> places;
  for (std::string line; std::getline(in, line);) {
    const json row = json::parse(line);
    places.emplace_back(row.at("run").get<int>(), row.at("step").get<int>());
  }
  EXPECT_EQ(places.size(), 4U * kSteps);
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
}

TEST_F(Perturbed, TelemetryOfACrashEndsWithItsStepAndAnswersForMemory) {
  const FakeWorkerHome home(script(R"({"signal":11})"));
  const fs::path file = scratch_.path() / "t.jsonl";
  const json report = replay(home, 2, {"--telemetry", file.string()});
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line);) last = line;
  EXPECT_EQ(json::parse(last).at("last"), true);
  EXPECT_EQ(json::parse(last).at("step"), kSteps);
  EXPECT_EQ(report.at("telemetry").at("ended_in_step"), kSteps);
  EXPECT_THAT(report.at("telemetry").at("was_it_memory").get<std::string>(),
              HasSubstr("not by growth"));
}

TEST_F(Perturbed, ACrashIsToldOfMemoryWithoutAnybodyAsking) {
  const FakeWorkerHome crashing(script(R"({"signal":11})"));
  EXPECT_TRUE(replay(crashing, 2, {}).contains("telemetry"));
  const FakeWorkerHome full(script(R"({"exit":11})"));
  EXPECT_THAT(replay(full, 3, {}).at("telemetry").at("was_it_memory").get<std::string>(),
              HasSubstr("yes: "));
  const FakeWorkerHome honest(script());
  EXPECT_FALSE(replay(honest, 0, {}).contains("telemetry"));
}

TEST_F(Perturbed, AnInterruptedReplayLeavesTheRowsThatItHas) {
  const FakeWorkerHome home(script(R"({"hang":true})"));
  const fs::path file = scratch_.path() / "t.csv";
  testing_support::RunOptions options;
  options.interrupt_after_s = 2;
  const Ran ran = run_recrank(
      {"replay", sst(), "--engine", home.path().string(), "--telemetry", file.string()}, options);
  EXPECT_EQ(ran.status, 130) << ran.out << ran.err;
  // However far it came: whole rows, in order from the first step on.
  std::ifstream in(file);
  std::string head;
  ASSERT_TRUE(std::getline(in, head));
  int step = 1;
  for (std::string line; std::getline(in, line); ++step) {
    EXPECT_THAT(line, testing::StartsWith("v1,0," + std::to_string(step) + ","));
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), std::count(head.begin(), head.end(), ','));
  }
}

TEST_F(Perturbed, ATelemetryFileThatCannotBeMadeIsToldAtOnceAndLeavesNothing) {
  const FakeWorkerHome home(script());
  const Ran ran = run_recrank(
      {"replay", sst(), "--engine", home.path().string(), "--telemetry", "/nowhere/t.csv"});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("/nowhere/t.csv"));
}

}  // namespace perturb_e2e_test
}  // namespace recrank
