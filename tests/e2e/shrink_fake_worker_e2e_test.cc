// `recrank shrink` as a user runs it, over a stand-in for a worker whose crashes hang on known
// steps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/replay/fake_worker_home.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace shrink_fake_worker_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

const char* const kEra = R"js({"dialect":"xsnap-2021","version":"xsnap 0.6.2 (XS 10.6.2)"})js";

// A recording of 2021: each word is the method of one message; what stands behind it are its calls.
struct Message {
  std::string method;
  std::string syscalls = {};
};

std::string transcript(const std::vector<Message>& messages) {
  std::string text =
      R"({"transcriptNum":0,"type":"create-vat","vatID":"v1","dynamic":false,"name":"bank",)"
      R"("vatSourceBundle":{"source":"","sourceMap":"","moduleFormat":"nestedEvaluate"}})"
      "\n";
  for (size_t i = 0; i < messages.size(); ++i) {
    text += R"({"transcriptNum":)" + std::to_string(i + 1) +
            R"(,"d":["message","o+0",{"method":")" + messages[i].method +
            R"(","args":{"body":"[]","slots":[]}}],"syscalls":[)" + messages[i].syscalls + "]}\n";
  }
  return text;
}

class Shrinking : public testing::Test {
 protected:
  // `count` messages that do nothing, with others at their places.
  void record(size_t count, const std::map<size_t, Message>& others) {
    std::vector<Message> messages(count, {"idle"});
    for (const auto& [place, message] : others) messages.at(place - 1) = message;
    std::ofstream(sst()) << transcript(messages);
  }
  void worker(std::initializer_list<const char*> lines) {
    std::string script = std::string(kEra) + "\n";
    for (const char* line : lines) script += std::string(line) + "\n";
    home_ = std::make_unique<FakeWorkerHome>(script);
  }
  [[nodiscard]] std::string sst() const { return (scratch_.path() / "transcript-v1.sst").string(); }
  [[nodiscard]] std::string capsule() const { return (scratch_.path() / "small.crank").string(); }
  [[nodiscard]] std::string state() const { return capsule() + ".shrink-state"; }

  [[nodiscard]] Ran run(std::vector<std::string> options = {}) const {
    std::vector<std::string> words{
        "shrink", sst(), "-o", capsule(), "--engine", home_->path().string(), "--json", "-"};
    words.insert(words.end(), options.begin(), options.end());
    return run_recrank(words);
  }
  [[nodiscard]] json shrink(int status, std::vector<std::string> options = {}) const {
    const Ran ran = run(std::move(options));
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }
  [[nodiscard]] json replay_capsule(int status) const {
    const Ran ran =
        run_recrank({"replay", capsule(), "--engine", home_->path().string(), "--json", "-"});
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch_.path()))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  ScratchDir scratch_;
  std::unique_ptr<FakeWorkerHome> home_;
};

const char* const kArm = R"({"on":"delivery","has":"arm","do":[{"remember":"armed"}]})";
const char* const kFire =
    R"({"on":"delivery","has":"fire","do":[{"signal_if":{"signal":11,"words":{"armed":1}}}]})";

// A step with something to compare.
const Message kAsk{"ask", R"({"d":["vatstoreGet","k"],"response":null})"};
const char* const kAsks = R"({"on":"delivery","has":"ask","calls":[["vatstoreGet","k"]]})";

TEST_F(Shrinking, GoesByTheParsersBufferAndItsCapsuleToo) {
  record(6, {{2, {"arm"}}, {5, {"fire"}}});
  worker({kArm, kFire});
  const json report = shrink(2, {"--parser-buffer", "64"});
  EXPECT_EQ(report.at("steps").at("kept"), json::array({2, 5}));
  EXPECT_THAT(replay_capsule(2).at("reproduce").get<std::string>(),
              HasSubstr("--parser-buffer 64"));
}

TEST_F(Shrinking, RefusesTheOptionsOfOtherSystems) {
  record(2, {});
  worker({});
  const Ran ran = run({"--verify-clock", "none"});
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("--verify-clock is an option of montana, and " + sst()));
}

TEST_F(Shrinking, KeepsTheTwoStepsThatACrashNeeds) {
  record(60, {{7, {"arm"}}, {40, {"fire"}}});
  worker({kArm, kFire});
  const json report = shrink(2, {"--jobs", "2"});
  EXPECT_EQ(report.at("schema"), "recrank.shrink/1");
  EXPECT_EQ(report.at("finding").at("step"), 40);
  EXPECT_EQ(report.at("steps").at("before"), 40);
  EXPECT_EQ(report.at("steps").at("kept"), json::array({7, 40}));
  EXPECT_EQ(report.at("minimal"), true);
  EXPECT_EQ(report.at("verdict").at("signal"), "SIGSEGV");
  EXPECT_FALSE(report.at("verdict").contains("as_recorded"));  // the file does not hold it
  EXPECT_LE(report.at("probes").at("asked"), 40);
  const json again = replay_capsule(2);
  EXPECT_EQ(again.at("verdict").at("step"), 1);
  EXPECT_EQ(again.at("expected").at("met"), true);
  EXPECT_EQ(files(), (std::vector<std::string>{"small.crank", "transcript-v1.sst"}));
}

TEST_F(Shrinking, ItsCapsuleIsCleanOnceTheCrashIsGone) {
  record(60, {{7, {"arm"}}, {40, {"fire", R"({"d":["vatstoreGet","k"],"response":null})"}}});
  worker({kArm, kFire});
  (void)shrink(2);
  const char* const lives = R"({"on":"delivery","has":"fire","calls":[["vatstoreGet","k"]]})";
  worker({kArm, lives});
  const json mended = replay_capsule(0);
  EXPECT_EQ(mended.at("verdict").at("kind"), "clean");
  EXPECT_EQ(mended.at("expected").at("met"), false);
}

// Nobody looks at the death, and it is still that one.
TEST_F(Shrinking, ItsCapsuleIsMetWithoutCapture) {
  record(6, {{5, {"fire"}}});
  worker({R"({"on":"delivery","has":"fire","do":[{"signal":11}]})"});
  (void)shrink(2);
  const Ran ran = run_recrank({"replay", capsule(), "--engine", home_->path().string(), "--capture",
                               "none", "--json", "-"});
  EXPECT_EQ(json::parse(ran.out).at("expected").at("met"), true) << ran.out;
}

TEST_F(Shrinking, BeginsBeforeFromWhereTheFindingIs) {
  record(20, {{5, {"fire"}}});
  worker({R"({"on":"delivery","has":"fire","do":[{"signal":11}]})"});
  const json report = shrink(2, {"--from", "15"});
  EXPECT_EQ(report.at("steps").at("kept"), json::array({5}));
}

TEST_F(Shrinking, KeepsAsManyStepsAsACounterNeeds) {
  std::map<size_t, Message> ticks;
  for (size_t place = 5; place <= 50; place += 5) ticks[place] = {"tick"};
  record(60, ticks);
  worker(
      {R"({"on":"delivery","has":"tick","do":[{"remember":"t"},{"signal_if":{"signal":6,"words":{"t":6}}}]})"});
  const json report = shrink(2);
  EXPECT_EQ(report.at("steps").at("after"), 6);
  EXPECT_EQ(report.at("steps").at("kept"), json::array({5, 10, 15, 20, 25, 30}));
  EXPECT_EQ(replay_capsule(2).at("verdict").at("signal"), "SIGABRT");
}

TEST_F(Shrinking, AnswersTheKeptStepsFromTheStoreThatTheyWrote) {
  const std::string set = R"({"d":["vatstoreSet","k","7"],"response":null})";
  const std::string get = R"({"d":["vatstoreGet","k"],"response":"7"})";
  record(30, {{9, {"arm", set}}, {20, {"look", get}}, {25, {"fire", get}}});
  worker(
      {kArm, R"({"on":"delivery","has":"arm","calls":[["vatstoreSet","k","7"]]})",
       R"({"on":"delivery","has":"look","calls":[["vatstoreGet","k"]]})",
       R"({"on":"delivery","has":"fire","calls":[["vatstoreGet","k"]],"do":[{"signal_if":{"words":{"armed":1}}}]})"});
  EXPECT_EQ(shrink(2).at("steps").at("kept"), json::array({9, 25}));
  const json again = replay_capsule(2);
  EXPECT_EQ(again.at("compared").at("syscalls"), 2);
}

TEST_F(Shrinking, ALimitIsShrunkAsWell) {
  record(20, {{15, {"fire"}}});
  worker({R"({"on":"delivery","has":"fire","do":[{"exit":17}]})"});
  const json report = shrink(3);
  EXPECT_EQ(report.at("steps").at("kept"), json::array({15}));
  EXPECT_EQ(report.at("verdict").at("limit"), "computrons");
}

TEST_F(Shrinking, AHangIsShrunkToTheStepThatHangs) {
  record(8, {{6, {"fire"}}});
  worker({R"({"on":"delivery","has":"fire","do":[{"hang":true}]})"});
  const json report = shrink(3, {"--step-limit", "1", "--jobs", "1"});
  EXPECT_EQ(report.at("steps").at("kept"), json::array({6}));
}

TEST_F(Shrinking, ADyingStartNeedsNoStepOfTheHistory) {
  record(20, {});
  worker({R"({"on":"supervisor","do":[{"signal":11}]})"});
  const json report = shrink(2);
  EXPECT_EQ(report.at("steps").at("after"), 1);
  EXPECT_EQ(replay_capsule(2).at("verdict").at("signal"), "SIGSEGV");
}

TEST_F(Shrinking, AShyCrashIsKeptAtItsRate) {
  record(12, {{1, kAsk}, {8, {"fire"}}});
  // It dies in 60 % of the runs; that fewer than 8 of 40 show it happens once in ten million.
  worker(
      {kAsks,
       R"({"on":"delivery","has":"fire","do":[{"signal_sometimes":{"signal":11,"percent":60}}]})"});
  const json report = shrink(2, {"--runs", "40", "--rate", "0.2"});
  EXPECT_EQ(report.at("steps").at("kept"), json::array({8}));
  EXPECT_GT(report.at("probes").at("engine_runs"), report.at("probes").at("asked"));
}

TEST_F(Shrinking, ACrashThatIsNotThereIsExcludedWithItsRate) {
  record(5, {{1, kAsk}});
  worker({kAsks});
  const json report = shrink(125, {"--runs", "5"});
  EXPECT_EQ(report.at("ended"), "not-reproducible");
  EXPECT_EQ(report.at("tried").at("runs"), 5);
  EXPECT_NEAR(report.at("tried").at("excluded_above").get<double>(), 0.451, 1e-3);
  EXPECT_FALSE(fs::exists(capsule()));
}

TEST_F(Shrinking, ADivergenceKeepsItsStepBehindAHeapThatIsWrittenForIt) {
  record(5, {{3, {"idle", R"({"d":["vatstoreGet","k"],"response":null})"}}});
  worker({});
  const json report = shrink(1);
  EXPECT_EQ(report.at("method"), "front-cut");
  EXPECT_EQ(report.at("ended"), "minimal");
  EXPECT_EQ(report.at("steps").at("before"), 3);
  EXPECT_EQ(report.at("steps").at("kept"), json::array({3}));
  EXPECT_EQ(report.at("steps").at("begins"),
            json({{"checkpoint", "snapshot@3"}, {"written", true}}));
  EXPECT_EQ(report.at("verdict").at("field"), "syscall missing");
  EXPECT_FALSE(fs::exists(state()));
}

TEST_F(Shrinking, WhatHasNoSoundAnswerIsNotGuessed) {
  const auto asks = [](const char* answer) {
    return std::string(R"({"d":["callNow","d-1","now",{"body":"[]","slots":[]}],"response":)") +
           answer + "}";
  };
  record(9, {{2, {"ask", asks("1")}}, {4, {"ask", asks("2")}}, {6, {"fire"}}});
  worker(
      {R"({"on":"delivery","has":"ask","calls":[["callNow","d-1","now",{"body":"[]","slots":[]}]],"do":[{"remember":"armed"}]})",
       kFire});
  const json report = shrink(125);
  EXPECT_EQ(report.at("ended"), "not-reproducible");
  EXPECT_THAT(report.at("verdict").at("reason").get<std::string>(), HasSubstr("callNow"));
}

TEST_F(Shrinking, ADeviceThatAlwaysSaysTheSameIsAnswered) {
  const std::string ask = R"({"d":["callNow","d-1","now",{"body":"[]","slots":[]}],"response":1})";
  record(9, {{2, {"ask", ask}}, {4, {"ask", ask}}, {6, {"fire"}}});
  worker(
      {R"({"on":"delivery","has":"ask","calls":[["callNow","d-1","now",{"body":"[]","slots":[]}]],"do":[{"remember":"armed"}]})",
       kFire});
  EXPECT_EQ(shrink(2).at("steps").at("kept"), json::array({4, 6}));
}

TEST_F(Shrinking, ARecordingThatContradictsItselfIsRefusedWithItsStep) {
  record(9,
         {{2, {"idle", R"({"d":["vatstoreGet","k"],"response":"never written"})"}}, {6, {"fire"}}});
  worker({R"({})", R"({"calls":[["vatstoreGet","k"]]})",
          R"({"on":"delivery","has":"fire","do":[{"signal":11}]})"});
  const Ran ran = run();
  EXPECT_EQ(ran.status, 125);
  EXPECT_THAT(ran.err, HasSubstr("v1 step 2"));
}

TEST_F(Shrinking, ABudgetGivesTheBestSoFarAndTheSearchGoesOn) {
  record(60, {{7, {"arm"}}, {40, {"fire"}}});
  worker({kArm, kFire});
  const json first = shrink(2, {"--max-probes", "12"});
  EXPECT_EQ(first.at("minimal"), false);
  EXPECT_GT(first.at("steps").at("after"), 2);
  EXPECT_EQ(replay_capsule(2).at("verdict").at("kind"), "crashed");
  ASSERT_TRUE(fs::exists(state()));
  fs::remove(capsule());
  const json second = shrink(2);
  EXPECT_EQ(second.at("steps").at("kept"), json::array({7, 40}));
  EXPECT_GE(second.at("probes").at("from_memory"), 10);
  fs::remove(capsule());
  const json whole = shrink(2);
  EXPECT_EQ(whole.at("probes").at("asked").get<int>(),
            first.at("probes").at("asked").get<int>() + second.at("probes").at("asked").get<int>());
}

TEST_F(Shrinking, AnInterruptLeavesAStateAndNoCapsule) {
  record(60, {{7, {"arm"}}, {40, {"fire"}}});
  worker({kArm, kFire});
  // The predicate itself sends the interrupt, at its fourth call: no timing decides.
  const std::string calls = (scratch_.path() / "calls").string();
  const std::string test = (scratch_.path() / "predicate").string();
  std::ofstream(test) << "echo x >> " << calls << "\n[ $(wc -l < " << calls
                      << ") -lt 4 ] || kill -INT $PPID\n"
                      << "exec " RECRANK_BINARY_DIR "/bin/recrank replay --quiet --engine "
                      << home_->path().string() << " \"$1\" > /dev/null; [ $? = 2 ]\n";
  const json report = shrink(130, {"--jobs", "1", "--predicate", "exec sh " + test});
  EXPECT_EQ(report.at("ended"), "interrupted");
  EXPECT_FALSE(fs::exists(capsule()));
  EXPECT_FALSE(fs::exists(capsule() + ".unproven"));
  EXPECT_TRUE(fs::exists(state()));
}

TEST_F(Shrinking, APredicateDecidesWhatStays) {
  record(20, {{1, kAsk}, {4, kAsk}, {5, kAsk}, {6, kAsk}});  // the kept ones have what to compare
  worker({kAsks});
  // "At least three steps": nothing that the worker does.
  const std::string test = (scratch_.path() / "predicate").string();
  std::ofstream(test) << RECRANK_BINARY_DIR
      "/bin/recrank inspect --quiet --vat v1 --from 2 --to 2 \"$1\" > /dev/null 2>&1\n";
  const json report = shrink(0, {"--predicate", "sh " + test, "--to", "6"});
  EXPECT_EQ(report.at("steps").at("after"), 3);
}

TEST_F(Shrinking, APredicateThatCannotBeRunIsAWrongCall) {
  record(3, {{2, {"fire"}}});
  worker({R"({"on":"delivery","has":"fire","do":[{"signal":11}]})"});
  const Ran ran = run({"--predicate", "/nonexistent/test"});
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("--predicate"));
}

TEST_F(Shrinking, WrongCallsSaySo) {
  record(3, {});
  worker({});
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--rate", "0"},
                                             {"--rate", "1.5"},
                                             {"--rate", "x"},
                                             {"--runs", "0"},
                                             {"--max-probes", "0"},
                                             {"--all"},
                                             {"--time-budget", "-1"}}) {
    EXPECT_EQ(run(words).status, 129) << words.front();
  }
  EXPECT_EQ(run_recrank({"shrink", sst()}).status, 129);
  std::ofstream(capsule()) << "mine";
  const Ran ran = run();
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("there already"));
}

TEST_F(Shrinking, TheStateOfAnotherShrinkIsRefused) {
  record(60, {{7, {"arm"}}, {40, {"fire"}}});
  worker({kArm, kFire});
  (void)shrink(2, {"--max-probes", "5"});
  fs::remove(capsule());
  const Ran other = run({"--runs", "3"});
  EXPECT_EQ(other.status, 129);
  EXPECT_THAT(other.err, HasSubstr("another shrink"));
  std::ofstream(state()) << "{\"schema\":\"recrank.shrink-sta";
  EXPECT_EQ(run().status, 125);
  EXPECT_FALSE(fs::exists(capsule()));
}

}  // namespace shrink_fake_worker_e2e_test
}  // namespace recrank
