// What a user meets first: help, wrong calls, files that are no recordings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace usage_e2e_test {

using testing::HasSubstr;
using testing::StartsWith;
using testing_support::run_recrank;

class EveryCommand : public testing::TestWithParam<std::string> {};

TEST_P(EveryCommand, ExplainsItselfWithAnExample) {
  const auto ran = run_recrank({GetParam(), "--help"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, StartsWith("Usage: recrank " + GetParam()));
  EXPECT_THAT(ran.out, HasSubstr("Examples:\n  recrank " + GetParam()));
  EXPECT_EQ(ran.err, "");
}

TEST_P(EveryCommand, RefusesAnUnknownOptionWith129) {
  const auto ran = run_recrank({GetParam(), "--no-such-option"});
  EXPECT_EQ(ran.status, 129);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("--no-such-option"));
}

INSTANTIATE_TEST_SUITE_P(All, EveryCommand,
                         testing::Values("inspect", "replay", "compare", "snapshot", "engines",
                                         "triage"),
                         [](const auto& each) { return each.param; });

TEST(Usage, WithoutACommandShowsAllOfThem) {
  const auto ran = run_recrank({});
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("replay"));
  EXPECT_EQ(run_recrank({"--help"}).status, 0);
}

TEST(Usage, AnUnknownCommandIsNamed) {
  const auto ran = run_recrank({"relpay"});
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("relpay"));
}

TEST(NoRecording, AMissingFileIsUnjudgedAndNamed) {
  const auto ran = run_recrank({"replay", "/nonexistent/kernel.sqlite", "--all", "--json", "-"});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("/nonexistent/kernel.sqlite"));
  const auto report = nlohmann::json::parse(ran.out);
  EXPECT_EQ(report.at("schema"), "recrank.replay/1");
  EXPECT_EQ(report.at("verdict").at("kind"), "unjudged");
  EXPECT_EQ(report.at("error").at("code"), "io");
}

TEST(NoRecording, SomethingElseIsUnjudgedAndNothingIsWrittenBesideIt) {
  const ScratchDir scratch;
  const auto path = scratch.path() / "notes.txt";
  std::ofstream(path) << "dear diary\x1b[31m\n";
  const auto before = evidence_state(scratch.path());
  for (const char* command : {"inspect", "replay"}) {
    const auto ran = run_recrank({command, path.string()});
    EXPECT_EQ(ran.status, 125);
    EXPECT_THAT(ran.err, HasSubstr("notes.txt"));
    EXPECT_THAT(ran.err, testing::Not(HasSubstr("\x1b")));
  }
  EXPECT_EQ(evidence_state(scratch.path()), before);
}

TEST(Report, ThatCannotBeWrittenIsAnErrorAndLeavesNothing) {
  const auto ran =
      run_recrank({"inspect", "/nonexistent", "--json", "/proc/nonexistent/report.json"});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("/proc/nonexistent/report.json"));
}

}  // namespace usage_e2e_test
}  // namespace recrank
