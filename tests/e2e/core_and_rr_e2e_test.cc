// --capture core and --capture rr, by the whole program over a stand-in for a worker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/scratch_dir.h"
#include "replay/process/core_file.h"
#include "replay/process/rr_program.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/replay/stand_in_rr.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace core_and_rr_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js";
const char* const kGood = R"({"calls":[["vatstoreGet","k"]]})";
const char* const kDies = R"({"do":[{"signal":11}]})";

std::string joined(std::initializer_list<const char*> lines) {
  std::string text;
  for (const char* line : lines) text += std::string(line) + "\n";
  return text;
}

// Four recorded deliveries; runs with an own working directory, which must hold nothing but what a
// test expects at its end.
class CoreAndRr : public testing::Test {
 protected:
  CoreAndRr() {
    std::string text =
        R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,)"
        R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
        "\n";
    for (int i = 1; i <= 4; ++i) {
      text += R"({"transcriptNum":)" + std::to_string(i) +
              R"(,"d":["message","o+0",{"method":"m","args":{"body":"[]","slots":[]}}],)"
              R"("syscalls":[{"d":["vatstoreGet","k"]}]})"
              "\n";
    }
    std::ofstream(sst()) << text;
    fs::create_directory(work());
  }
  [[nodiscard]] fs::path sst() const { return scratch_.path() / "transcript-v1.sst"; }
  [[nodiscard]] fs::path work() const { return scratch_.path() / "work"; }

  Ran replay(const std::string& script, std::vector<std::string> options) {
    home_.emplace(script);
    std::vector<std::string> words{"replay", sst().string(), "--engine", home_->path().string()};
    words.insert(words.end(), options.begin(), options.end());
    testing_support::RunOptions run;
    run.directory = work();
    run.environment = {"RECRANK_HOME=" + (scratch_.path() / "home").string()};
    return run_recrank(words, run);
  }
  json report(const std::string& script, int status, std::vector<std::string> options) {
    options.insert(options.end(), {"--json", "-"});
    const Ran ran = replay(script, std::move(options));
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    notes_ = ran.err;
    return json::parse(ran.out);
  }
  [[nodiscard]] std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator(work())) names.push_back(each.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  ScratchDir scratch_;
  std::optional<FakeWorkerHome> home_;
  std::string notes_;
};

using CoreAndRrOptions = CoreAndRr;

TEST_F(CoreAndRrOptions, RefuseWhatDoesNotGoTogether) {
  const std::vector<std::vector<std::string>> wrong{
      {"--capture", "film"},
      {"--core-out", "."},
      {"--rr", "/bin/true"},
      {"--rr-steps", "2", "--capture", "core"},
      {"--capture", "core", "--core-out", "no/such/place"},
      {"--capture", "rr", "--rr-steps", "0"},
      {"--capture", "rr", "--rr-size-limit", "10"},
      {"--capture", "rr", "--all", "--rr-out", "t"},
      {"--capture", "rr", "--rr-out", "no/such/place"},
      {"--capture", "rr", "--rr-out", "."}};
  for (const auto& words : wrong) {
    const Ran ran = replay(kEra, words);
    EXPECT_EQ(ran.status, 129) << testing::PrintToString(words) << ran.err;
  }
  EXPECT_TRUE(left().empty());
}

class CaptureCore : public CoreAndRr {
 protected:
  void SetUp() override {
    const std::string why = why_no_core(CorePattern::of_system());
    if (!why.empty()) GTEST_SKIP() << "skipped: " << why;
  }
};

TEST_F(CaptureCore, IsNamedAfterVatAndStepAndOpenedByGdb) {
  const json verdict =
      report(joined({kEra, kGood, kGood, kDies}), 2, {"--capture", "core"}).at("verdict");
  EXPECT_EQ(verdict.at("core").at("file"), "recrank-core-v1-3");
  EXPECT_EQ(verdict.at("core").at("command"),
            "gdb " + (home_->path() / "xsnap-worker").string() + " recrank-core-v1-3");
  EXPECT_GT(verdict.at("core").at("bytes"), 100'000);
  EXPECT_TRUE(process_of_core(work() / "recrank-core-v1-3").has_value());
  EXPECT_THAT(left(), testing::ElementsAre("recrank-core-v1-3"));
}

TEST_F(CaptureCore, LeavesTheReportOfTheCrashWhatItIsWithoutACore) {
  const std::string script = joined({kEra, kGood, R"({"do":[{"fault":"null"}]})"});
  json with = report(script, 2, {"--capture", "core"}).at("verdict");
  const json without = report(script, 2, {}).at("verdict");
  EXPECT_THAT(with.at("signature").get<std::string>(),
              testing::StartsWith("SIGSEGV near-null fake_worker::read_null_member<"));
  EXPECT_EQ(with.at("signature"), without.at("signature"));
  const auto functions = [](const json& verdict) {
    std::vector<std::string> names;
    for (const json& frame : verdict.at("detail").at("crash").at("fault").at("frames"))
      names.push_back(frame.value("function", ""));
    return names;
  };
  EXPECT_EQ(functions(with), functions(without));
  EXPECT_TRUE(with.contains("core"));
}

TEST_F(CaptureCore, OfManyRunsIsOneAndGoesWhereItIsTold) {
  fs::create_directory(work() / "cores");
  const Ran ran = replay(joined({kEra, kDies}), {"--capture", "core", "--core-out", "cores",
                                                 "--repeat", "5", "--jobs", "2"});
  EXPECT_EQ(ran.status, 2) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("core: cores/recrank-core-v1-1, "));
  EXPECT_EQ(std::distance(fs::directory_iterator(work() / "cores"), {}), 1);
}

TEST_F(CaptureCore, LeavesNothingWhereNothingDied) {
  const json clean =
      report(joined({kEra, kGood, kGood, kGood, kGood}), 0, {"--capture", "core"}).at("verdict");
  EXPECT_FALSE(clean.contains("core"));
  const json left_itself =
      report(joined({kEra, kGood, R"({"do":[{"exit":15}]})"}), 2, {"--capture", "core"})
          .at("verdict");
  EXPECT_FALSE(left_itself.contains("core"));
  EXPECT_TRUE(left().empty());
}

// The tests of rr take a real one when RECRANK_RR names one that can record; else the stand-in.
enum class RrKind { kStandIn, kReal };

class RrCapture : public CoreAndRr, public testing::WithParamInterface<RrKind> {
 protected:
  void SetUp() override {
    if (GetParam() == RrKind::kStandIn) return;
    const char* const named = std::getenv("RECRANK_RR");
    if (named == nullptr || *named == '\0') GTEST_SKIP() << "skipped: RECRANK_RR names no rr";
    const RrAnswer answer = probe_rr(named, never_);
    if (!answer.usable) GTEST_SKIP() << "skipped: " << answer.why;
  }
  std::vector<std::string> with(std::vector<std::string> options) const {
    const bool real = GetParam() == RrKind::kReal;
    const std::string rr = real ? std::getenv("RECRANK_RR") : stand_in_.path().string();
    options.insert(options.end(), {"--capture", "rr", "--rr", rr});
    return options;
  }
  Interrupt never_;
  StandInRr stand_in_;
};

INSTANTIATE_TEST_SUITE_P(OnStandInOrReal, RrCapture,
                         testing::Values(RrKind::kStandIn, RrKind::kReal), [](const auto& each) {
                           return each.param == RrKind::kReal ? "RealRr" : "StandInRr";
                         });

TEST_P(RrCapture, RecordsTheCrashingStepAlone) {
  const json verdict = report(joined({kEra, kGood, kGood, kDies}), 2, with({})).at("verdict");
  EXPECT_EQ(verdict.at("signal"), "SIGSEGV");
  const json& rr = verdict.at("rr");
  EXPECT_EQ(rr.at("trace"), "recrank-rr-v1-3") << verdict.dump();
  EXPECT_EQ(rr.at("steps"), 1);
  EXPECT_EQ(rr.at("start"), "a heap written before step 3");
  EXPECT_THAT(rr.at("command").get<std::string>(), HasSubstr(" replay "));
  // From the engine's start to its signal: what lies before would hide watchpoints.
  EXPECT_THAT(rr.at("command").get<std::string>(),
              testing::ContainsRegex(" -g [0-9]+ recrank-rr-v1-3 -- -ex continue$"));
  EXPECT_GT(rr.at("bytes"), 0);
  EXPECT_THAT(left(), testing::ElementsAre("recrank-rr-v1-3"));
}

TEST_P(RrCapture, RecordsAsManyStepsAsAskedFor) {
  const json verdict =
      report(joined({kEra, kGood, kGood, kDies}), 2, with({"--rr-steps", "2", "--rr-out", "here"}))
          .at("verdict");
  EXPECT_EQ(verdict.at("rr").at("steps"), 2) << verdict.dump();
  EXPECT_EQ(verdict.at("rr").at("start"), "a heap written before step 2");
  EXPECT_THAT(left(), testing::ElementsAre("here"));
}

TEST_P(RrCapture, BeginsAtGenesisWhenTheWholeIsAskedFor) {
  const json verdict =
      report(joined({kEra, kGood, kDies}), 2, with({"--rr-steps", "99"})).at("verdict");
  EXPECT_EQ(verdict.at("rr").at("start"), "genesis") << verdict.dump();
  EXPECT_EQ(verdict.at("rr").at("steps"), 2);
}

TEST_P(RrCapture, RecordsAnEngineThatLeavesByItself) {
  const json verdict =
      report(joined({kEra, kGood, R"({"do":[{"exit":1}]})"}), 2, with({})).at("verdict");
  EXPECT_EQ(verdict.at("meaning"), "bad usage");  // also the exit status of an rr that fails
  EXPECT_EQ(verdict.at("rr").value("trace", ""), "recrank-rr-v1-2") << verdict.dump();
}

TEST_P(RrCapture, RunsNothingWhereNothingDied) {
  const json verdict =
      report(joined({kEra, kGood, kGood, kGood, kGood}), 0, with({})).at("verdict");
  EXPECT_FALSE(verdict.contains("rr"));
  EXPECT_TRUE(left().empty());
}

// A crash that hides behind the heap that is written: the fake worker forgets, when it goes on from
// a heap, what it would have died of.
TEST_P(RrCapture, FallsBackToGenesisWhenTheCrashHidesBehindAHeap) {
  const json verdict =
      report(joined({kEra, kGood,
                     R"({"do":[{"die_unless_loaded":11}],"calls":[["vatstoreGet","k"]]})"}),
             2, with({}))
          .at("verdict");
  EXPECT_EQ(verdict.at("rr").value("start", ""), "genesis") << verdict.dump();
  EXPECT_THAT(verdict.at("rr").at("notes").dump(), HasSubstr("does not happen from there"));
  EXPECT_EQ(verdict.at("rr").at("steps"), 2);
}

TEST_P(RrCapture, GivesTheEngineTheMemoryLimitAndNotTheRecorder) {
  const json verdict =
      report(joined({kEra, kGood, kDies}), 2, with({"--memory-limit", "300MB"})).at("verdict");
  EXPECT_EQ(verdict.at("rr").value("trace", ""), "recrank-rr-v1-2") << verdict.dump();
}

// What only a stand-in does on request.
class RrCaptureOnStandIn : public CoreAndRr {
 protected:
  json verdict_of(const std::string& conf, std::vector<std::string> options = {}) {
    stand_in_.configure(conf);
    options.insert(options.end(), {"--capture", "rr", "--rr", stand_in_.path().string()});
    return report(joined({kEra, kGood, kDies}), 2, options).at("verdict");
  }
  StandInRr stand_in_;
};

TEST_F(RrCaptureOnStandIn, SpeaksToRrAsRrWantsIt) {
  const json verdict =
      verdict_of("SOFTWARE=1\nARGS='-h --bind-to-cpu=0'", {"--rr-args", "-h  --bind-to-cpu=0"});
  ASSERT_EQ(verdict.at("rr").value("trace", ""), "recrank-rr-v1-2") << verdict.dump();
  EXPECT_EQ(verdict.at("rr").at("command"),
            stand_in_.path().string() + " replay -W -g 400 recrank-rr-v1-2 -- -ex continue");
  std::ifstream command(work() / "recrank-rr-v1-2" / "command");
  std::vector<std::string> words;
  for (std::string word; std::getline(command, word);) words.push_back(word);
  ASSERT_GT(words.size(), 10U);
  EXPECT_THAT(words[2],
              testing::StartsWith(fs::weakly_canonical(work() / "recrank-rr-v1-2").string() +
                                  ".incomplete-"));
  words[2] = "TRACE";
  words.resize(11);
  EXPECT_THAT(words,
              testing::ElementsAre("record", "-o", "TRACE", "-n", "-W", "-h", "--bind-to-cpu=0",
                                   "--", "/usr/bin/prlimit", "--as=6442450944:6442450944", "--"));
  EXPECT_TRUE(fs::exists(work() / "recrank-rr-v1-2" / "packed"));
}

TEST_F(RrCaptureOnStandIn, IsUnjudgedBeforeAnythingRunsWithoutAUsableRr) {
  for (const char* conf : {"FAIL=counters", "FAIL=paranoid", "FAIL=silent"}) {
    stand_in_.configure(conf);
    fs::remove_all(scratch_.path() / "home");
    const Ran ran = replay(joined({kEra, kGood, kDies}),
                           {"--capture", "rr", "--rr", stand_in_.path().string()});
    EXPECT_EQ(ran.status, 125) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("--capture rr: "));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    EXPECT_TRUE(ran.out.empty());
  }
  const Ran missing = replay(kEra, {"--capture", "rr", "--rr", "/no/such/rr"});
  EXPECT_EQ(missing.status, 125);
  EXPECT_THAT(missing.err, HasSubstr("no program that can be run"));
  EXPECT_TRUE(left().empty());
}

TEST_F(RrCaptureOnStandIn, TellsAnRrThatFailsFromAnEngineThatExitsWithOne) {
  const json verdict = verdict_of("FAIL_ENGINE=counters");
  EXPECT_THAT(verdict.at("rr").at("missing").get<std::string>(),
              HasSubstr("rr failed: needs hardware counters"));
  EXPECT_EQ(verdict.at("signal"), "SIGSEGV");  // what was found stays found
  EXPECT_TRUE(left().empty());
}

// The recorder of an engine that lives is ended with it, and its trace is not whole: no fault of
// rr's.
TEST_F(RrCaptureOnStandIn, SaysThatTheEngineEndedOtherwiseUnderRr) {
  stand_in_.configure("LIVES=1");
  const json verdict =
      report(joined({kEra, kGood,
                     R"({"do":[{"when":{"as_below":7000000000,"then":[{"signal":11}]}}]})"}),
             2, {"--capture", "rr", "--rr", stand_in_.path().string()})
          .at("verdict");
  EXPECT_THAT(verdict.at("rr").at("missing").get<std::string>(),
              HasSubstr("recorded under rr it ended otherwise: diverged"));
  EXPECT_TRUE(left().empty());
}

TEST_F(RrCaptureOnStandIn, GivesUpAboveTheSizeLimitAndLeavesNothing) {
  const json verdict = verdict_of("FILL=8192", {"--rr-size-limit", "2MiB"});
  EXPECT_THAT(verdict.at("rr").at("missing").get<std::string>(), HasSubstr("grew above 2.0 MiB"));
  EXPECT_TRUE(left().empty());
}

TEST_F(RrCaptureOnStandIn, KeepsNothingThatCouldNotBePacked) {
  const json verdict = verdict_of("PACK_FAIL=1");
  EXPECT_THAT(verdict.at("rr").at("missing").get<std::string>(),
              HasSubstr("rr pack failed: no space"));
  EXPECT_TRUE(left().empty());
}

TEST_F(RrCaptureOnStandIn, SaysThatTheDiskIsFullAndLeavesNothing) {
  const fs::path disk = work() / "disk";
  fs::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=3m") != 0) {
    GTEST_SKIP() << "skipped: a small disk cannot be mounted here";
  }
  struct Unmount {
    const fs::path& disk;
    ~Unmount() { ::umount2(disk.c_str(), MNT_DETACH); }
  } const unmount{disk};
  const json verdict = verdict_of("FILL=8192", {"--rr-out", "disk/trace"});
  EXPECT_THAT(verdict.at("rr").at("missing").get<std::string>(), HasSubstr("the disk is full"));
  EXPECT_TRUE(fs::is_empty(disk));
}

TEST_F(RrCaptureOnStandIn, TouchesNothingThatIsThereAlready) {
  fs::create_directory(work() / "recrank-rr-v1-2");
  const json verdict = verdict_of("");
  EXPECT_THAT(verdict.at("rr").at("missing").get<std::string>(), HasSubstr("is there already"));
  EXPECT_TRUE(fs::is_empty(work() / "recrank-rr-v1-2"));
}

// Debian's rr where there are no hardware counters.
TEST_F(CoreAndRr, WithDebiansRrWithoutCountersEndsBeforeAnythingRuns) {
  if (!fs::exists("/usr/bin/rr")) GTEST_SKIP() << "skipped: rr is not installed";
  if (fs::exists("/sys/bus/event_source/devices/cpu")) {
    GTEST_SKIP() << "skipped: this machine has hardware counters";
  }
  const Ran ran = replay(joined({kEra, kDies}), {"--capture", "rr", "--rr", "/usr/bin/rr"});
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("hardware counters"));
  EXPECT_TRUE(left().empty());
}

}  // namespace core_and_rr_e2e_test
}  // namespace recrank
