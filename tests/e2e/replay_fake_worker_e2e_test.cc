// The whole program over a stand-in for a worker: what no registry has (an engine of 2021) and what
// no real engine does on request (every misbehaviour).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace replay_fake_worker_e2e_test {

using nlohmann::json;
using testing::HasSubstr;
using testing_support::run_recrank;

// An .sst of 2021 with `count` deliveries of one call each.
std::string era_transcript(int count, const std::string& head_extra = "") {
  std::string text =
      R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,)" + head_extra +
      R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
      "\n";
  for (int i = 1; i <= count; ++i) {
    text +=
        R"({"transcriptNum":)" + std::to_string(i) +
        R"(,"d":["message","o+0",{"method":"deposit","args":{"body":"[]","slots":[]},"result":"p-60"}],)"
        R"("syscalls":[{"d":["vatstoreGet","ws1.o+1/1"]},{"d":["resolve",[["p-60",false,{"body":"1","slots":[]}]]],"response":null}]})"
        "\n";
  }
  return text;
}

const char* const kCalls =
    R"({"calls":[["vatstoreGet","ws1.o+1/1"],["resolve",[["p-60",false,{"body":"1","slots":[]}]]]],"answers":[["ok",null],["ok",null]]})";
const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js";

class FakeWorkerReplay : public testing::Test {
 protected:
  FakeWorkerReplay() { write(era_transcript(3)); }
  void write(const std::string& text) const { std::ofstream(sst()) << text; }
  [[nodiscard]] std::string sst() const { return (scratch_.path() / "transcript-v1.sst").string(); }

  // Replays on a worker that runs `script`; the report of a run that must end with `status`.
  [[nodiscard]] json replay(const std::string& script, int status,
                            std::vector<std::string> options = {}) const {
    const FakeWorkerHome home(script);
    std::vector<std::string> words{"replay", sst(), "--engine", home.path().string(),
                                   "--json", "-"};
    words.insert(words.end(), options.begin(), options.end());
    const auto ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ScratchDir scratch_;
};

std::string lines(std::initializer_list<const char*> each) {
  std::string text;
  for (const char* line : each) text += std::string(line) + "\n";
  return text;
}

TEST_F(FakeWorkerReplay, AnEra2021TranscriptIsCleanAndSaysWhatWasAssumed) {
  const json report = replay(lines({kEra, kCalls, kCalls, kCalls}), 0);
  EXPECT_EQ(report.at("engine").at("dialect"), "xsnap-2021");
  EXPECT_EQ(report.at("range").at("from"), 1);
  EXPECT_EQ(report.at("range").at("to"), 3);
  EXPECT_EQ(report.at("compared").at("syscalls"), 6);
  const json& assumed = report.at("assumed");
  ASSERT_EQ(assumed.size(), 5U) << assumed;
  EXPECT_EQ(assumed[0], "vatParameters {}");
  EXPECT_EQ(assumed[1], "virtualObjectCacheSize null");
  EXPECT_EQ(assumed[2], "enableDisavow false");
  // The .sst holds neither bundle: those of the engine decide.
  EXPECT_EQ(assumed[3], "lockdown bundle of the engine, sha256 " +
                            report.at("engine").at("lockdown_sha256").get<std::string>());
  EXPECT_EQ(assumed[4], "supervisor bundle of the engine, sha256 " +
                            report.at("engine").at("supervisor_sha256").get<std::string>());
  EXPECT_EQ(report.at("compared").at("not_recorded"), json::array({"result", "computrons"}));
}

TEST_F(FakeWorkerReplay, SetBundleIsSentAsTheKernelOf2021SentIt) {
  const std::string expect =
      R"js({"on":"setBundle","expect":"?[\"setBundle\",\"v1\",{\"source\":\"\",\"sourceMap\":\"\",\"moduleFormat\":\"nestedEvaluate\"},{\"who\":\"bank\"},2,true]"})js";
  const json report = replay(
      std::string(kEra) + "\n" + expect + "\n" + lines({kCalls, kCalls, kCalls}), 0,
      {"--vat-parameters", R"({"who":"bank"})", "--cache-size", "2", "--enable-disavow", "true"});
  EXPECT_EQ(report.at("assumed").size(), 2U);  // the bundles of the engine
}

TEST_F(FakeWorkerReplay, ASegmentationFaultIsACrashAtItsStep) {
  const json report = replay(lines({kEra, kCalls, kCalls, R"({"do":[{"signal":11}]})"}), 2);
  EXPECT_EQ(report.at("verdict").at("kind"), "crashed");
  EXPECT_EQ(report.at("verdict").at("step"), 3);
  EXPECT_EQ(report.at("verdict").at("signal"), "SIGSEGV");
  EXPECT_THAT(report.at("reproduce").get<std::string>(), HasSubstr("--to 3"));
}

TEST_F(FakeWorkerReplay, AFileThatIsLostLosesNoVerdict) {
  for (const char* const option : {"--telemetry", "--console"}) {
    const json report = replay(lines({kEra, kCalls, kCalls, kCalls}), 125, {option, "/dev/full"});
    EXPECT_EQ(report.at("verdict").at("kind"), "clean") << option;
  }
}

TEST_F(FakeWorkerReplay, ACrashInEveryRunHasARateWithItsInterval) {
  const json report = replay(lines({kEra, R"({"do":[{"signal":11}]})"}), 2, {"--repeat", "4"});
  EXPECT_EQ(report.at("repeat").at("agreed"), 4);
  EXPECT_NEAR(report.at("repeat").at("interval_95")[0].get<double>(), 0.3976, 1e-3);
}

TEST_F(FakeWorkerReplay, AKillFromOutsideIsNobodysVerdict) {
  const json report = replay(lines({kEra, kCalls, R"({"do":[{"signal":9}]})"}), 125);
  EXPECT_EQ(report.at("verdict").at("kind"), "unjudged");
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(), HasSubstr("from outside"));
}

struct Misbehaviour {
  const char* name;
  const char* line;
  int status;
};

class Misbehaving : public FakeWorkerReplay, public testing::WithParamInterface<Misbehaviour> {};

TEST_P(Misbehaving, GivesAVerdictAtItsStepInTime) {
  const json report =
      replay(lines({kEra, kCalls, GetParam().line}), GetParam().status, {"--step-limit", "3"});
  EXPECT_EQ(report.at("verdict").at("step"), 2) << report.dump();
}

INSTANTIATE_TEST_SUITE_P(
    All, Misbehaving,
    testing::Values(
        Misbehaviour{"hangs", R"({"do":[{"hang":true}]})", 3},
        Misbehaviour{"hangs_deaf", R"({"do":[{"hang_deaf":true}]})", 3},
        Misbehaviour{"spins", R"({"do":[{"spin":true}]})", 3},
        Misbehaviour{"floods", R"({"do":[{"flood_calls":true}]})", 3},
        Misbehaviour{"meter", R"({"do":[{"exit":17}]})", 3},
        Misbehaviour{"stack", R"({"do":[{"exit":12}]})", 3},
        Misbehaviour{"memory", R"({"do":[{"exit":11}]})", 3},
        Misbehaviour{"unhandled", R"({"do":[{"exit":15}]})", 2},
        Misbehaviour{"leaves", R"({"do":[{"exit":0}]})", 2},
        Misbehaviour{"rubbish", R"({"do":[{"raw":"hello"}]})", 2},
        Misbehaviour{"bad_length", R"({"do":[{"raw":"12x4:"}]})", 2},
        Misbehaviour{"oversized", R"({"do":[{"raw":"999999999:"}]})", 2},
        Misbehaviour{"torn", R"({"do":[{"raw":"100:abc"},{"exit":0}]})", 2},
        Misbehaviour{"endless_frame",
                     R"({"do":[{"raw":"200000000:"},{"repeat_raw":{"bytes":"x","times":0}}]})", 3},
        Misbehaviour{"nests", R"({"do":[{"nest":100000}]})", 1},
        Misbehaviour{"throws", R"({"do":[{"throw":"TypeError: no"}]})", 1},
        Misbehaviour{"another_call", R"({"calls":[["vatstoreGet","other"]]})", 1}),
    [](const auto& each) { return each.param.name; });

TEST_F(FakeWorkerReplay, ARecordingOf2021IsNotSentToAnEngineOfToday) {
  const json report = replay("", 125);
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(), HasSubstr("xsnap-2024"));
}

TEST_F(FakeWorkerReplay, WithoutAnEngineOf2021SaysHowToAddOne) {
  const auto ran = run_recrank({"replay", sst()});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("recrank engines add"));
}

TEST_F(FakeWorkerReplay, AnEngineIsAddedListedUsedAndRemoved) {
  const FakeWorkerHome home(lines({kEra, kCalls, kCalls, kCalls}));
  testing_support::RunOptions options;
  options.environment = {"RECRANK_HOME=" + (scratch_.path() / "home").string()};
  EXPECT_EQ(run_recrank({"engines", "add", "testnet-12", home.path().string()}, options).status, 0);
  EXPECT_THAT(run_recrank({"engines", "list"}, options).out, HasSubstr("testnet-12"));
  EXPECT_EQ(run_recrank({"engines", "add", "testnet-12", home.path().string()}, options).status,
            129);
  EXPECT_EQ(run_recrank({"replay", sst()}, options).status, 0);  // the only one of its era
  EXPECT_EQ(run_recrank({"engines", "remove", "testnet-12"}, options).status, 0);
  EXPECT_EQ(run_recrank({"replay", sst()}, options).status, 125);
}

TEST_F(FakeWorkerReplay, ATornTranscriptIsUnjudgedWithItsLine) {
  const std::string whole = era_transcript(3);
  write(whole.substr(0, whole.size() - 40));
  const json report = replay(lines({kEra, kCalls, kCalls, kCalls}), 125);
  EXPECT_THAT(report.dump(), HasSubstr("transcript-v1.sst:4"));
}

}  // namespace replay_fake_worker_e2e_test
}  // namespace recrank
