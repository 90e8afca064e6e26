// What a crash hangs on, told by the whole program over a stand-in for workers that crashes as the
// test says: sometimes, only with randomised addresses, only under a limit, only from a heap.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace certainty_e2e_test {

using nlohmann::json;
using testing::HasSubstr;
using testing_support::run_recrank;

const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js"
                         "\n";

// A worker of 2021 whose second delivery does this besides what is recorded.
std::string second_does(const std::string& acts) {
  const std::string calls = R"({"calls":[["vatstoreGet","k"]])";
  return kEra + calls + "}\n" + calls + R"(,"do":[)" + acts + "]}\n" + calls + "}\n";
}

std::string faultless() { return second_does(""); }

std::string crash_when(const std::string& condition) {
  return second_does(R"({"when":{)" + condition + R"(,"then":[{"signal":11}]}})");
}

// An engine's directory whose workers read from `tokens`, one byte for each time they ask.
class TokenHome {
 public:
  TokenHome(const std::string& script, const std::string& tokens) : home_(script) {
    const std::string path = (home_.path() / "tokens").string();
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    fifo_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    EXPECT_EQ(::write(fifo_.get(), tokens.data(), tokens.size()),
              static_cast<ssize_t>(tokens.size()));
  }
  [[nodiscard]] std::string path() const { return home_.path().string(); }

 private:
  FakeWorkerHome home_;
  UniqueFd fifo_;
};

class Certainty : public testing::Test {
 protected:
  Certainty() {
    std::ofstream file(sst());
    file
        << R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,"vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
           "\n";
    for (int i = 1; i <= 3; ++i) {
      file << R"({"transcriptNum":)" << i
           << R"(,"d":["notify",[]],"syscalls":[{"d":["vatstoreGet","k"]}]})"
              "\n";
    }
  }
  [[nodiscard]] std::string sst() const { return (scratch_.path() / "transcript-v1.sst").string(); }

  [[nodiscard]] json replay(const std::string& engine, int status,
                            std::vector<std::string> options) const {
    std::vector<std::string> words{"replay", sst(), "--engine", engine, "--json", "-"};
    words.insert(words.end(), options.begin(), options.end());
    const auto ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ScratchDir scratch_;
};

json row_of(const json& report, const std::string& control) {
  for (const json& row : report.at("explain").at("rows")) {
    if (row.at("control") == control) return row;
  }
  ADD_FAILURE() << "no row " << control << " in " << report.dump();
  return {};
}

TEST_F(Certainty, ACrashInEveryRunIsDeterministic) {
  const FakeWorkerHome home(second_does(R"({"signal":11})"));
  const json report = replay(home.path().string(), 2, {"--explain", "--explain-runs", "3"});
  EXPECT_EQ(report.at("explain").at("cause"), "deterministic") << report.dump(1);
  EXPECT_EQ(report.at("verdict").at("cause"), "deterministic");
  EXPECT_EQ(row_of(report, "again").at("met"), 3);
  EXPECT_EQ(row_of(report, "other-layout").at("met"), 3);
  EXPECT_EQ(row_of(report, "without-limit").at("met"), 3);
  EXPECT_TRUE(row_of(report, "debug-engine").contains("not_run"));
  EXPECT_EQ(report.at("explain").at("sure"), true);
}

TEST_F(Certainty, ACrashOnlyWithRandomisedAddressesIsLayoutDependent) {
  const FakeWorkerHome home(crash_when(R"("randomised":true)"));
  const json report = replay(home.path().string(), 2, {"--explain"});
  EXPECT_EQ(report.at("explain").at("cause"), "layout-dependent") << report.dump(1);
  EXPECT_EQ(row_of(report, "again").at("met"), 5);
  EXPECT_EQ(row_of(report, "other-layout").at("met"), 0);
  EXPECT_EQ(report.at("explain").at("why"),
            "5 of 5 runs with randomised addresses, 0 of 5 without");
}

TEST_F(Certainty, ACrashOnlyWithoutRandomisationIsToldTheOtherWayRound) {
  const FakeWorkerHome home(crash_when(R"("randomised":false)"));
  const json report = replay(home.path().string(), 2, {"--explain", "--aslr", "off"});
  EXPECT_EQ(report.at("explain").at("why"),
            "0 of 5 runs with randomised addresses, 5 of 5 without");
}

TEST_F(Certainty, ACrashInSomeRunsIsFlaky) {
  // One run makes the finding, five are the same again, five are without randomisation.
  const TokenHome home(crash_when(R"("token":true)"),
                       "1"
                       "10010"
                       "01101");
  const json report = replay(home.path(), 2, {"--explain"});
  EXPECT_EQ(report.at("explain").at("cause"), "flaky") << report.dump(1);
  EXPECT_EQ(row_of(report, "again").at("met"), 2);
  EXPECT_EQ(row_of(report, "again").at("passed"), 3);
  EXPECT_EQ(row_of(report, "other-layout").at("met"), 3);
}

TEST_F(Certainty, ACrashThatNeverComesAgainIsFlakyWithTheRateThatIsExcluded) {
  const TokenHome home(crash_when(R"("token":true)"), "1");
  const json report = replay(home.path(), 2, {"--explain"});
  EXPECT_EQ(report.at("explain").at("cause"), "flaky");
  EXPECT_THAT(report.at("explain").at("why").get<std::string>(),
              HasSubstr("46 % or more is excluded"));
}

TEST_F(Certainty, ACrashThatOnlyTheControlsMetIsFoundByThem) {
  // Clean at first; the third run of the first control crashes.
  const TokenHome home(crash_when(R"("token":true)"),
                       "0"
                       "00100");
  const json report = replay(home.path(), 2, {"--explain"});
  EXPECT_EQ(report.at("verdict").at("kind"), "crashed");
  EXPECT_THAT(report.at("verdict").at("detail").at("text").get<std::string>(),
              HasSubstr("met by a control only"));
  EXPECT_EQ(report.at("explain").at("cause"), "flaky") << report.dump(1);
  EXPECT_EQ(row_of(report, "again").at("met"), 1);
}

// What a report prints as the way to see its verdict again is run as it stands.
int status_of(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  EXPECT_EQ(words.front(), "recrank");
  words.erase(words.begin());
  return run_recrank(words).status;
}

TEST_F(Certainty, TheReproducerOfWhatOnlyAControlMetMeetsIt) {
  const FakeWorkerHome home(crash_when(R"("randomised":false)"));
  const json report = replay(home.path().string(), 2, {"--explain", "--repeat", "3"});
  EXPECT_EQ(report.at("explain").at("cause"), "layout-dependent") << report.dump(1);
  const std::string command = report.at("reproduce");
  EXPECT_THAT(command, HasSubstr("--aslr off"));
  EXPECT_EQ(status_of(command), 2) << command;
  EXPECT_FALSE(report.at("repeat").contains("of_kind"));
}

TEST_F(Certainty, TheReproducerOfWhatComesSeldomLooksForItAsLongAsItTakes) {
  // One run of the replay, five the same again, five without randomisation, … and then 1 of 6.
  std::string tokens =
      "0"
      "00100";
  for (int i = 0; i < 60; ++i) tokens += "000001";
  const TokenHome home(crash_when(R"("token":true)"), tokens);
  const json report = replay(home.path(), 2, {"--explain"});
  EXPECT_EQ(report.at("explain").at("cause"), "flaky") << report.dump(1);
  const std::string command = report.at("reproduce");
  EXPECT_THAT(command, HasSubstr("--repeat 17"));  // 1 of 6: met within 17 at 95 %
  EXPECT_EQ(status_of(command), 2) << command;
}

TEST_F(Certainty, ARaceIsToldByItsSignatureAndByHowOftenItDiesAtAll) {
  const TokenHome home(
      second_does(R"({"when":{"token":true,"then":[{"signal":11}]}},{"signal":6})"), "10010");
  const auto ran = run_recrank({"replay", sst(), "--engine", home.path(), "--repeat", "5"});
  EXPECT_THAT(ran.out, HasSubstr("3 of 5 runs agree"));
  EXPECT_THAT(ran.out, HasSubstr("5 of 5 crashed, in whatever way"));
}

TEST_F(Certainty, TheReleaseBuildIsHeldAgainstADebugBuildAndAnotherEngineAgainstAny) {
  const FakeWorkerHome bad(second_does(R"({"signal":11})"));
  const FakeWorkerHome good(faultless());
  testing_support::RunOptions options;
  options.environment = {"RECRANK_HOME=" + (scratch_.path() / "home").string()};
  ASSERT_EQ(run_recrank({"engines", "add", "net-debug", bad.path().string()}, options).status, 0);
  const auto lonely = run_recrank(
      {"replay", sst(), "--engine", "net-debug", "--explain", "--explain-runs", "3", "--json", "-"},
      options);
  const json alone = json::parse(lonely.out);
  EXPECT_EQ(alone.at("explain").at("cause"), "deterministic");
  EXPECT_THAT(alone.at("explain").at("reservations").dump(), HasSubstr("not looked at: on net ("));
  EXPECT_THAT(alone.at("explain").at("reservations").dump(),
              HasSubstr("not looked at: another engine"));
  ASSERT_EQ(run_recrank({"engines", "add", "net", good.path().string()}, options).status, 0);
  const auto ran =
      run_recrank({"replay", sst(), "--engine", "net-debug", "--explain", "--json", "-"}, options);
  const json report = json::parse(ran.out);
  EXPECT_EQ(row_of(report, "release-engine").at("passed"), 5);
  EXPECT_EQ(report.at("explain").at("cause"), "build-dependent");
}

TEST_F(Certainty, ACrashUnderALimitOnlyIsTheEnvironment) {
  const FakeWorkerHome home(crash_when(R"("as_below":2000000000)"));
  const json report = replay(home.path().string(), 2, {"--explain", "--memory-limit", "1500MB"});
  EXPECT_EQ(report.at("explain").at("cause"), "environment") << report.dump(1);
  EXPECT_EQ(row_of(report, "without-limit").at("met"), 0);
  EXPECT_THAT(report.at("explain").at("why").get<std::string>(),
              HasSubstr("memory limit of 1.4 GiB"));
}

TEST_F(Certainty, ASignalFromOutsideIsExternalAndOtherRunsAreTold) {
  const TokenHome home(second_does(R"({"when":{"token":true,"then":[{"signal":9}]}})"),
                       "1"
                       "00100");
  const json report = replay(home.path(), 125, {"--explain"});
  EXPECT_EQ(report.at("verdict").at("kind"), "unjudged");
  EXPECT_EQ(report.at("explain").at("cause"), "external signal") << report.dump(1);
  EXPECT_EQ(row_of(report, "again").at("killed"), 1);
  EXPECT_EQ(row_of(report, "again").at("passed"), 4);
}

TEST_F(Certainty, AnEngineThatDoesNotCrashMakesItBuildDependent) {
  const FakeWorkerHome bad(second_does(R"({"signal":11})"));
  const FakeWorkerHome good(faultless());
  const json report =
      replay(bad.path().string(), 2, {"--explain", "--reference-engine", good.path().string()});
  EXPECT_EQ(report.at("explain").at("cause"), "build-dependent") << report.dump(1);
  EXPECT_EQ(row_of(report, "reference-engine").at("passed"), 5);
}

TEST_F(Certainty, TheDebugEngineOfTheRegistryIsOneOfTheControls) {
  const FakeWorkerHome bad(second_does(R"({"signal":11})"));
  const FakeWorkerHome good(faultless());
  testing_support::RunOptions options;
  options.environment = {"RECRANK_HOME=" + (scratch_.path() / "home").string()};
  ASSERT_EQ(run_recrank({"engines", "add", "net", bad.path().string()}, options).status, 0);
  ASSERT_EQ(run_recrank({"engines", "add", "net-debug", good.path().string()}, options).status, 0);
  const auto ran =
      run_recrank({"replay", sst(), "--engine", "net", "--explain", "--json", "-"}, options);
  EXPECT_EQ(row_of(json::parse(ran.out), "debug-engine").at("passed"), 5);
}

TEST_F(Certainty, ACleanReplayHasNothingToExplainAndSaysWhatThatExcludes) {
  const FakeWorkerHome home(faultless());
  const json report = replay(home.path().string(), 0, {"--explain"});
  EXPECT_EQ(report.at("explain").at("cause"), "nothing to explain");
  EXPECT_THAT(report.at("explain").at("why").get<std::string>(), HasSubstr("0 of 10 runs"));
}

TEST_F(Certainty, ADivergenceIsExplainedLikeACrash) {
  const FakeWorkerHome home(std::string(kEra) + R"({"when":{}})" + "\n");
  const json report = replay(home.path().string(), 1, {"--explain", "--explain-runs", "3"});
  EXPECT_EQ(report.at("verdict").at("field"), "syscall missing");
  EXPECT_EQ(report.at("explain").at("cause"), "deterministic");
  EXPECT_EQ(row_of(report, "again").at("met"), 3);
}

TEST_F(Certainty, AHundredRunsOfASureCrashStopEarly) {
  const FakeWorkerHome home(second_does(R"({"signal":11})"));
  const json report = replay(home.path().string(), 2, {"--repeat", "100"});
  EXPECT_EQ(report.at("repeat").at("runs"), 15);
  EXPECT_EQ(report.at("repeat").at("asked"), 100);
  EXPECT_EQ(report.at("repeat").at("interval_kind"), "anytime");
  const json all = replay(home.path().string(), 2, {"--repeat", "20", "--repeat-all"});
  EXPECT_EQ(all.at("repeat").at("runs"), 20);
  EXPECT_EQ(all.at("repeat").at("interval_kind"), "exact");
}

TEST_F(Certainty, ARepeatedReplayIsExplainedByTheRunsThatAreThere) {
  // The controls find it as often: nothing that more runs would have to settle.
  std::string tokens = "110110";
  for (int row = 0; row < 8; ++row) tokens += "11011";
  const TokenHome home(crash_when(R"("token":true)"), tokens);
  const json report = replay(home.path(), 2, {"--repeat", "6", "--explain"});
  EXPECT_EQ(row_of(report, "again").at("runs"), 6);
  EXPECT_EQ(row_of(report, "again").at("met"), 4);
}

TEST_F(Certainty, OptionsOfControlsNeedThem) {
  EXPECT_EQ(run_recrank({"replay", sst(), "--explain-runs", "3"}).status, 129);
  EXPECT_EQ(run_recrank({"replay", sst(), "--reference-engine", "x"}).status, 129);
  EXPECT_EQ(run_recrank({"replay", sst(), "--explain", "--explain-runs", "0"}).status, 129);
}

}  // namespace certainty_e2e_test
}  // namespace recrank
