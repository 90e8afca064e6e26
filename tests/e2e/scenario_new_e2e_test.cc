// `recrank scenario new` over stand-ins: what it writes is a scenario that comes out as it says, or
// nothing is written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/replay/program_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace scenario_new_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

constexpr const char* kHeader =
    R"({"schema":"recrank.journal/1","subject":"shop","note":"as told"})"
    "\n";
constexpr const char* kEvent0 = R"({"event": {"a":1}, "answer":{"n":0,"got":{"a":1}}, "t": 7})"
                                "\n";
constexpr const char* kDies = R"({"event":{"do":"segv"}})"
                              "\n";

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ScenarioNew : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (scratch_.path() / name).string();
  }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name), std::ios::binary) << text;
    return at(name);
  }
  [[nodiscard]] Ran make(const std::string& recording, const fs::path& engine,
                         std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"scenario",      "new", recording, "--engine",
                                   engine.string(), "-o",  at("made")};
    words.insert(words.end(), more.begin(), more.end());
    return run_recrank(words);
  }
  [[nodiscard]] json made() const { return json::parse(text_of(at("made/scenario.json"))); }
  [[nodiscard]] json expected() const { return made().at("expect").at(0); }
  [[nodiscard]] static int run_status(const std::string& place) {
    const Ran ran = run_recrank({"run", place, "--quiet"});
    return ran.status;
  }
  // What stands beside the recording: nothing half-written.
  [[nodiscard]] size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(scratch_.path()), {}));
  }
  void expect_nothing_written() const {
    for (const auto& entry : fs::directory_iterator(scratch_.path())) {
      EXPECT_EQ(entry.path().filename().string().find("made"), std::string::npos) << entry.path();
    }
  }

  ScratchDir scratch_;
  ProgramHome program_{R"(,"environment":{"FAULT":"crash in 50"})"};
};

TEST_F(ScenarioNew, KeepsAJournalUpToTheCrashByteForByte) {
  const std::string head = std::string(kHeader) + kEvent0 + kDies;
  const std::string journal = write("shop.jsonl", head + kEvent0);
  const Ran ran = make(journal, program_.engine_file());
  ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("next      recrank run " + at("made")));
  EXPECT_EQ(text_of(at("made/events.jsonl")), head);
  EXPECT_EQ(expected().at("kind"), "crashed");
  EXPECT_EQ(expected().at("step"), 1);
  EXPECT_THAT(expected().at("signature").get<std::string>(), HasSubstr("SIGSEGV"));
  EXPECT_THAT(text_of(at("made/README.md")), HasSubstr("crashed at step 1: SIGSEGV"));
  fs::remove(journal);
  EXPECT_EQ(run_status(at("made")), 0);
  // It can fail: another step is not as expected.
  json other = made();
  other["expect"][0]["step"] = 0;
  std::ofstream(at("made/scenario.json")) << other;
  EXPECT_EQ(run_status(at("made")), 1);
}

TEST_F(ScenarioNew, GivesABareJournalAHeader) {
  const std::string journal = write("bare.jsonl", "{\"do\":\"segv\"}\n{\"a\":1}\n");
  ASSERT_EQ(make(journal, program_.engine_file()).status, 0);
  EXPECT_EQ(text_of(at("made/events.jsonl")),
            "{\"schema\":\"recrank.journal/"
            "1\",\"subject\":\"bare.jsonl\"}\n{\"event\":{\"do\":\"segv\"}}\n");
}

TEST_F(ScenarioNew, OfAVatHoldsACapsuleAndTheLimits) {
  const FakeWorkerHome worker(
      "{\"dialect\":\"xsnap-2021\",\"version\":\"xsnap 0.6.2 (XS 10.6.2)\"}\n"
      "{\"calls\":[[\"vatstoreGet\",\"k\"]],\"answers\":[[\"ok\",null]]}\n{\"do\":[{\"signal\":11}]"
      "}\n");
  const std::string create =
      R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,)"
      R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
      "\n";
  std::string sst = create;
  for (int i = 1; i <= 3; ++i) {
    sst += R"({"transcriptNum":)" + std::to_string(i) +
           R"(,"d":["message","o+0",{}],"syscalls":[{"d":["vatstoreGet","k"]}]})"
           "\n";
  }
  const std::string file = write("transcript-v1.sst", sst);
  const Ran ran = make(file, worker.path(), {"--memory-limit", "3GB", "--title", "A | b"});
  ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_EQ(made().at("title"), "A | b");
  EXPECT_EQ(made().at("limits").at("memory"), "3GB");
  EXPECT_EQ(made().at("recording").at("path"), "recording.crank");
  EXPECT_EQ(expected().at("step"), 2);
  fs::remove(file);
  EXPECT_EQ(run_status(at("made")), 0);
}

TEST_F(ScenarioNew, OfADivergenceAndOfACleanReplayExpectsThat) {
  const std::string good = write("good.jsonl", std::string(kHeader) + kEvent0);
  ASSERT_EQ(make(good, program_.engine_file()).status, 0);
  EXPECT_EQ(expected().at("kind"), "clean");
  fs::remove_all(at("made"));
  const std::string bad = write("bad.jsonl", std::string(kHeader) + R"({"event":1,"answer":2})"
                                                                    "\n");
  ASSERT_EQ(make(bad, program_.engine_file()).status, 0);
  EXPECT_EQ(expected().at("kind"), "diverged");
  EXPECT_EQ(expected().at("field"), "result");
}

TEST_F(ScenarioNew, ReplacesNothing) {
  const std::string journal = write("shop.jsonl", std::string(kHeader) + kEvent0);
  fs::create_directory(at("made"));
  const Ran ran = make(journal, program_.engine_file());
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("is there already"));
  EXPECT_TRUE(fs::is_empty(at("made")));
  EXPECT_EQ(entries(), 2U);
}

TEST_F(ScenarioNew, RefusesWhatCannotBeJudged) {
  const std::string journal = write("bare.jsonl", "{\"a\":1}\n{\"b\":2}\n");
  const Ran ran = make(journal, program_.engine_file(), {"--json", "-"});
  EXPECT_EQ(ran.status, 125) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("unjudged"));
  EXPECT_EQ(json::parse(ran.out).at("schema"), "recrank.scenarios/1");
  expect_nothing_written();
}

TEST_F(ScenarioNew, RefusesADirectoryThatCannotBeMade) {
  const std::string journal = write("shop.jsonl", std::string(kHeader) + kEvent0);
  const Ran ran = run_recrank({"scenario", "new", journal, "-o", at("not-there/made"), "--engine",
                               program_.engine_file().string()});
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("not-there: no such directory; make it first"));
}

// No file may grow beyond 1 KiB. A clean replay, since the tracer of a crash needs more.
TEST_F(ScenarioNew, LeavesNothingBehindOnAFullDisk) {
  const std::string event = "\"" + std::string(8192, 'x') + "\"";
  const std::string journal = write("big.jsonl", std::string(kHeader) + "{\"event\":" + event +
                                                     R"(,"answer":{"n":0,"got":)" + event + "}}\n");
  const Ran ran =
      testing_support::run_program({"sh", "-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"",
                                    RECRANK_BINARY_DIR "/bin/recrank", "scenario", "new", journal,
                                    "--engine", program_.engine_file().string(), "-o", at("made")});
  EXPECT_EQ(ran.status, 125) << ran.out;
  EXPECT_THAT(ran.err, HasSubstr("File too large"));
  expect_nothing_written();
}

// A crash in half of the runs: the first and the one that proves it differ in half of the calls.
TEST_F(ScenarioNew, IsTakenBackWhenItDoesNotComeOutAgain) {
  const std::string journal =
      write("f.jsonl", std::string(kHeader) + R"({"event":{"do":"faulty"},"answer":"faultless"})"
                                              "\n");
  for (int attempt = 0; attempt < 60; ++attempt) {
    const Ran ran = make(journal, program_.engine_file());
    if (ran.status == 0) {
      fs::remove_all(at("made"));
      continue;
    }
    EXPECT_EQ(ran.status, 125);
    EXPECT_THAT(ran.err, HasSubstr("nothing was written: run again, it is otherwise"));
    EXPECT_THAT(ran.err, HasSubstr("--repeat"));
    expect_nothing_written();
    return;
  }
  FAIL() << "60 times the same twice";
}

TEST_F(ScenarioNew, OfAFindingOfSomeRunsExpectsARate) {
  const std::string journal =
      write("f.jsonl", std::string(kHeader) + R"({"event":{"do":"faulty"},"answer":"faultless"})"
                                              "\n");
  const Ran ran = make(journal, program_.engine_file(), {"--repeat", "60"});
  ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_EQ(made().at("repeat"), 60);
  EXPECT_EQ(expected().at("kind"), "crashed");
  const double rate = expected().at("rate").at("at_least");
  EXPECT_GT(rate, 0);
  EXPECT_LT(rate, 0.5);
}

TEST_F(ScenarioNew, SaysWhatItIsCalledWrongly) {
  EXPECT_EQ(run_recrank({"scenario", "make", "x"}).status, 129);
  EXPECT_EQ(run_recrank({"scenario", "new", "x"}).status, 129);
  EXPECT_EQ(run_recrank({"scenario", "new", "x", "y", "-o", at("made")}).status, 129);
  expect_nothing_written();
}

TEST_F(ScenarioNew, CheckNamesTheLinesThatAreWrong) {
  fs::create_directories(at("all/good"));
  fs::create_directories(at("all/bad"));
  const std::string head =
      "{\"schema\":\"recrank.scenario/1\",\"title\":\"t\",\n\"recording\":{\"path\":\"x\"},\n";
  std::ofstream(at("all/good/scenario.json"))
      << head << R"("engines":["e"],"expect":{"kind":"clean"}})";
  EXPECT_EQ(run_recrank({"scenario", "check", at("all")}).status, 0);
  std::ofstream(at("all/bad/scenario.json"))
      << head << R"("engines":["e"],"expect":{"kind":"broken"}})";
  const Ran ran = run_recrank({"scenario", "check", at("all")});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.out, HasSubstr("bad/scenario.json:3:"));
  EXPECT_THAT(ran.out, HasSubstr("1 of 2 scenario files are valid"));
}

}  // namespace scenario_new_e2e_test
}  // namespace recrank
