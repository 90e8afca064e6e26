// --log, --keep-scratch and --sandbox: what they show, and that a result is the same with and
// without them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace log_e2e_test {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::run_recrank;
using testing_support::RunOptions;

class Logged : public testing::Test {
 protected:
  Logged() {
    std::ofstream(sst())
        << R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,)"
        << R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
        << "\n"
        << R"({"transcriptNum":1,"d":["message","o+0",{"method":"deposit","args":{"body":"[]",)"
        << R"("slots":[]},"result":"p-60"}],"syscalls":[{"d":["vatstoreGet","ws1.o+1/1"]}]})"
        << "\n";
  }
  [[nodiscard]] std::string sst() const { return (scratch_.path() / "transcript-v1.sst").string(); }
  [[nodiscard]] testing_support::Ran replay(std::vector<std::string> more,
                                            const RunOptions& options = {}) const {
    std::vector<std::string> words{"replay", sst(), "--engine", home_.path().string()};
    words.insert(words.end(), more.begin(), more.end());
    return run_recrank(words, options);
  }

  ScratchDir scratch_;
  FakeWorkerHome home_{R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js"
                       "\n"
                       R"({"calls":[["vatstoreGet","ws1.o+1/1"]],"answers":[["ok",null]]})"
                       "\n"};
};

// What two equal runs must report alike.
nlohmann::json lasting(const std::string& text) {
  nlohmann::json report = nlohmann::json::parse(text);
  report.erase("cost");
  report.erase("telemetry");
  return report;
}

TEST_F(Logged, TheWireIsDumpedAndTheReportStaysTheSame) {
  const auto plain = replay({"--json", "-"});
  const auto logged = replay({"--json", "-", "--log", "wire:trace,process:info"});
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_EQ(logged.status, 0);
  EXPECT_EQ(lasting(plain.out), lasting(logged.out));
  EXPECT_THAT(plain.err, Not(HasSubstr(" wire ")));
  EXPECT_THAT(logged.err,
              AllOf(HasSubstr("info process started pid="), HasSubstr("info process ended pid="),
                    HasSubstr("trace wire sent fd="), HasSubstr(R"(?[\"deliver\",[\"message\")"),
                    HasSubstr("trace wire heard fd="), HasSubstr("vatstoreGet")));
  EXPECT_THAT(logged.err, Not(HasSubstr(" judge ")));
}

TEST_F(Logged, TheEnvironmentIsAskedWhereTheWordsSayNothing) {
  RunOptions options;
  options.environment = {"RECRANK_LOG=judge:info"};
  EXPECT_THAT(replay({}, options).err,
              AllOf(HasSubstr("judge planned subject=v1"), HasSubstr("judge starting")));
  EXPECT_THAT(replay({"--log", "open:info"}, options).err,
              AllOf(Not(HasSubstr("judge planned")), HasSubstr("open recording kind=sst")));
  options.environment = {"RECRANK_LOG=jugde:info"};
  const auto wrong = replay({}, options);
  EXPECT_EQ(wrong.status, 129);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("$RECRANK_LOG"), HasSubstr("'jugde'")));
}

TEST_F(Logged, ScratchStaysWhereItIsAskedFor) {
  const ScratchDir place;
  RunOptions options;
  options.environment = {"TMPDIR=" + place.path().string()};
  EXPECT_THAT(replay({}, options).err, Not(HasSubstr("kept: ")));
  EXPECT_TRUE(fs::is_empty(place.path()));
  const auto kept = replay({"--keep-scratch"}, options);
  EXPECT_EQ(kept.status, 0) << kept.err;
  std::istringstream lines(kept.err);
  size_t named = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("kept: ", 0) != 0) continue;
    ++named;
    EXPECT_TRUE(fs::is_directory(line.substr(6))) << line;
  }
  EXPECT_GT(named, 0U);
}

TEST_F(Logged, WhatContainedTheEngineIsSaidWhereItWasNotAllThatThereIs) {
  const auto less = replay({"--sandbox", "auto,no-namespaces", "--json", "-"});
  EXPECT_EQ(less.status, 0) << less.err;
  const std::string said = nlohmann::json::parse(less.out).at("sandbox");
  EXPECT_THAT(said, HasSubstr("no namespaces (--sandbox forbids them)"));
  EXPECT_THAT(less.err, HasSubstr("sandbox: " + said));
  const auto refused = replay({"--sandbox", "require,no-namespaces"});
  EXPECT_EQ(refused.status, 125);
  EXPECT_THAT(refused.err, HasSubstr("--sandbox require: no namespaces (--sandbox forbids them)"));
  EXPECT_EQ(replay({"--sandbox", "none"}).status, 129);
}

TEST(LogOptions, AreAcceptedByEveryCommandAndWrongOnesAreRefusedByAll) {
  for (const char* command : {"inspect", "replay", "bisect", "shrink", "pack", "run", "scenario",
                              "compare", "snapshot", "capture", "triage", "engines", "doctor"}) {
    const auto help = run_recrank({command, "--help"});
    EXPECT_THAT(help.out, AllOf(HasSubstr("--log MODULE:LEVEL"), HasSubstr("--keep-scratch"),
                                HasSubstr("--sandbox auto|require")))
        << command;
  }
  const auto wrong = run_recrank({"doctor", "--log", "wyre:trace", "--json", "-"});
  EXPECT_EQ(wrong.status, 129);
  EXPECT_THAT(wrong.err, HasSubstr("there are: all agoric bisect"));
  EXPECT_EQ(nlohmann::json::parse(wrong.out).at("error").at("code"), "usage");
}

}  // namespace log_e2e_test
}  // namespace recrank
