// pack, shrink and scenario for a program: through the same code as for a vat, over a stand-in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/replay/program_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace program_capsule_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

constexpr const char* kHeader = R"({"schema":"recrank.journal/1","subject":"shop"})"
                                "\n";
constexpr const char* kFire = R"({"event":{"do":"fire"}})"
                              "\n";

// An event that the stand-in answers with its number.
std::string plain(int n) {
  const std::string event = "{\"e\":" + std::to_string(n) + "}";
  return R"({"event":)" + event + R"(,"answer":{"n":)" + std::to_string(n) + R"(,"got":)" + event +
         "}}\n";
}

class ProgramCapsule : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (home_.path() / name).string();
  }
  [[nodiscard]] std::string engine() const { return home_.engine_file().string(); }
  [[nodiscard]] Ran make(const std::string& command, const std::string& journal,
                         const std::string& to, std::vector<std::string> more = {}) const {
    const std::string file = home_.write("shop.jsonl", journal).string();
    std::vector<std::string> words{command, file, "--engine", engine(), "-o", at(to)};
    words.insert(words.end(), more.begin(), more.end());
    Ran ran = run_recrank(words);
    fs::remove(file);  // nothing but the capsule and an engine is needed from now on
    return ran;
  }
  [[nodiscard]] json replay(const std::string& capsule, int status) const {
    const Ran ran = run_recrank({"replay", at(capsule), "--engine", engine(), "--json", "-"});
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ProgramHome home_;
};

// The crash needs two of its eight events, and not the last one.
std::string armed_history() {
  return std::string(kHeader) + plain(0) + plain(1) +
         R"({"event":{"do":"arm"},"answer":"armed"})"
         "\n" +
         plain(3) + plain(4) + plain(5) + kFire + plain(7);
}

TEST_F(ProgramCapsule, ACrashIsPackedUpToItsEventAndMetAgain) {
  const Ran packed = make("pack", armed_history(), "x.crank", {"--memory-limit", "512MB"});
  ASSERT_EQ(packed.status, 0) << packed.err;
  EXPECT_THAT(packed.out, HasSubstr("steps 0..6 from genesis"));
  EXPECT_THAT(packed.out, HasSubstr("--engine"));  // nobody knows it by its hash
  const json report = replay("x.crank", 2);
  EXPECT_EQ(report.at("recording").at("kind"), "capsule");
  EXPECT_EQ(report.at("subject").at("kind"), "program");
  EXPECT_EQ(report.at("subject").at("name"), "shop");
  EXPECT_EQ(report.at("expected").at("met"), true);
  EXPECT_EQ(report.at("compared").at("results"), 6);
  EXPECT_EQ(run_recrank({"inspect", at("x.crank"), "--verify"}).status, 0);
}

TEST_F(ProgramCapsule, ADivergenceIsPackedWithTheAnswerThatWasRecorded) {
  const std::string wrong = R"({"event":{"do":"fire"},"answer":"a bang"})"
                            "\n";
  ASSERT_EQ(make("pack", kHeader + plain(0) + wrong + plain(2), "x.crank").status, 0);
  const json verdict = replay("x.crank", 1).at("verdict");
  EXPECT_EQ(verdict.at("step"), 1);
  EXPECT_EQ(verdict.at("expected"), "\"a bang\"");
}

TEST_F(ProgramCapsule, AFileWithNothingToCompareIsPackedOnlyWithoutAVerdict) {
  EXPECT_EQ(make("pack", "{}\n{}\n", "x.crank").status, 125);
  EXPECT_EQ(make("pack", "{}\n{}\n", "x.crank", {"--no-verdict"}).status, 0);
  EXPECT_EQ(replay("x.crank", 125).at("verdict").at("kind"), "unjudged");
}

TEST_F(ProgramCapsule, ShrinkKeepsTheTwoEventsThatTheCrashNeeds) {
  const Ran shrunk = make("shrink", armed_history(), "x.crank", {"--json", "-"});
  ASSERT_EQ(shrunk.status, 2) << shrunk.err;
  const json report = json::parse(shrunk.out);
  EXPECT_EQ(report.at("ended"), "minimal");
  EXPECT_EQ(report.at("steps").at("kept"), json::array({2, 6}));
  EXPECT_THAT(report.at("reproduce").get<std::string>(), HasSubstr("--engine"));
  const json again = replay("x.crank", 2);
  EXPECT_EQ(again.at("verdict").at("step"), 1);
  EXPECT_EQ(again.at("compared").at("results"), 1);  // "armed"
  EXPECT_EQ(again.at("expected").at("met"), true);
}

// The state of a program is the sum of its events: none of them can be cut off.
TEST_F(ProgramCapsule, ShrinkKeepsAllEventsUpToADivergence) {
  const std::string wrong = R"({"event":{"do":"fire"},"answer":"a bang"})"
                            "\n";
  const Ran shrunk =
      make("shrink", kHeader + plain(0) + wrong + plain(2), "x.crank", {"--json", "-"});
  ASSERT_EQ(shrunk.status, 1) << shrunk.err << shrunk.out;
  const json report = json::parse(shrunk.out);
  EXPECT_EQ(report.at("ended"), "nearest-checkpoint");
  EXPECT_EQ(report.at("steps").at("kept"), json::array({0, 1}));
  EXPECT_EQ(report.at("steps").at("begins").at("checkpoint"), "genesis");
  EXPECT_EQ(replay("x.crank", 1).at("verdict").at("step"), 1);
}

TEST_F(ProgramCapsule, ShrinkAsksAPredicateThatSeesCapsules) {
  const std::string script =
      home_
          .write("still",
                 "#!/bin/sh\n\"$1\" replay \"$3\" --engine \"$2\" >/dev/null\n"
                 "test $? -eq 2\n")
          .string();
  fs::permissions(script, fs::perms::owner_all);
  const std::string command =
      script + " " + std::string(RECRANK_BINARY_DIR "/bin/recrank") + " " + engine();
  const Ran shrunk =
      make("shrink", armed_history(), "x.crank", {"--json", "-", "--predicate", command});
  ASSERT_EQ(shrunk.status, 2) << shrunk.err << shrunk.out;
  EXPECT_EQ(json::parse(shrunk.out).at("steps").at("kept"), json::array({2, 6}));
}

TEST_F(ProgramCapsule, AShrunkOneBecomesAScenarioOfTextAgain) {
  ASSERT_EQ(make("shrink", armed_history(), "x.crank").status, 2);
  const Ran made =
      run_recrank({"scenario", "new", at("x.crank"), "--engine", engine(), "-o", at("made")});
  ASSERT_EQ(made.status, 0) << made.err;
  std::ifstream file(at("made/events.jsonl"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, std::string(kHeader) +
                      R"({"event":{"do":"arm"},"answer":"armed"})"
                      "\n" +
                      kFire);
  EXPECT_EQ(run_recrank({"run", at("made"), "--quiet"}).status, 0);
}

}  // namespace program_capsule_e2e_test
}  // namespace recrank
