// What a step and a vat's setup are made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_steps_test {

using testing::HasSubstr;

// The only step from `at` on, to look into.
struct OneStep {
  OneStep(const Recording& recording, uint64_t at)
      : stream(recording.steps("v1", {at, at + 1})), more(stream->next(step)) {}
  std::unique_ptr<StepStream> stream;
  Step step;
  bool more;
};

SlogText begun(SlogText::Dialect dialect = SlogText::kOf2021) {
  SlogText log(dialect);
  return log.process().create("v1", "alice").replay("v1", 0);
}

TEST(SlogStep, HoldsTheTextOfTheVatsSideByteForByte) {
  const std::string vd =
      R"(["message","o+0",{"method":"\u0041","args":{"body":"[\"ü \\u0000\"]"}}])";
  const std::string vsc = R"(["vatstoreSet","k","{\"vd\":[]}"])";
  SlogText log = begun();
  log.begin("v1", vd).call(vsc, R"(["ok",null])").end(R"(["ok",null,{"compute":12}])");
  const OpenedSlog slog(log.text);
  const OneStep one(*slog, 0);
  ASSERT_TRUE(one.more);
  EXPECT_EQ(one.step.delivery, vd);
  ASSERT_EQ(one.step.calls.size(), 1U);
  EXPECT_EQ(one.step.calls[0].call, vsc);
  EXPECT_EQ(one.step.calls[0].answer, R"(["ok",null])");
  EXPECT_EQ(one.step.status, RecordedStatus::kOk);
  EXPECT_EQ(one.step.computrons, 12U);
}

TEST(SlogStep, KeepsTheRecordedMeterAsItStandsWhereThereIsOne) {
  const std::string usage = R"({"meterType":"xs-meter-6", "compute":12,"allocate":42074144})";
  SlogText log = begun();
  log.begin("v1", R"(["message","a"])")
      .call(R"(["x"])", R"(["ok",null])")
      .end(R"(["ok",null,)" + usage + "]");
  log.begin("v1", R"(["message","b"])").end(R"(["error","Compute meter exceeded",null])");
  const std::string endless = R"({"compute":1,"timestamps":[)" + std::string(70'000, '1') + "]}";
  log.begin("v1", R"(["message","c"])").end(R"(["ok",null,)" + endless + "]");
  const OpenedSlog slog(log.text);
  const OneStep first(*slog, 0);
  EXPECT_EQ(first.step.recorded_meter, usage);
  EXPECT_EQ(first.step.calls.at(0).call, R"(["x"])");
  EXPECT_EQ(OneStep(*slog, 1).step.recorded_meter, "");
  const OneStep third(*slog, 2);
  EXPECT_EQ(third.step.recorded_meter, "");  // no meter is that long
  EXPECT_EQ(third.step.computrons, 1U);
}

TEST(SlogStep, ThatFailedKeepsTheCallsItMade) {
  for (const auto dialect : {SlogText::kOf2021, SlogText::kOf2024}) {
    SlogText log = begun(dialect);
    if (dialect == SlogText::kOf2024) log.start_vat("v1");
    log.fail("v1", "a", "v1:alice exited due to signal SIGSEGV", {{"x", "1"}});
    const OpenedSlog slog(log.text);
    const OneStep one(*slog, dialect == SlogText::kOf2024 ? 2 : 0);
    EXPECT_EQ(one.step.status, RecordedStatus::kFailed);
    EXPECT_EQ(one.step.failure_text, "v1:alice exited due to signal SIGSEGV");
    EXPECT_EQ(one.step.calls.size(), 1U);
    EXPECT_FALSE(one.step.computrons);
  }
}

TEST(SlogStep, OfAnUnmeteredWorkerHasNoComputrons) {
  SlogText log = begun();
  log.begin("v1", "[\"message\",\"a\"]").end(R"(["ok",{"stats":{"compute":7}},null])");
  const OpenedSlog slog(log.text);
  EXPECT_FALSE(OneStep(*slog, 0).step.computrons);
}

TEST(SlogStep, WithoutAnAnswerOrACallIsDamage) {
  SlogText log = begun();
  log.begin("v1", "[\"message\",\"a\"]")
      .call("[\"x\"]", "[\"ok\",1]")
      .call("[\"y\"]", "[\"ok\",2]");
  log.end("[\"ok\",null,null]");
  const char* const told[] = {"records are missing", "has no answer", "records are missing",
                              "has no answer"};
  size_t at = log.text.find("\"type\":\"syscall");
  for (const char* expected : told) {
    std::string text = log.text;
    const size_t begin = text.rfind('\n', at) + 1;
    text.erase(begin, text.find('\n', begin) + 1 - begin);
    // Without its call an answer stands alone, which is the same thing seen from the other side.
    const std::string read = story(*OpenedSlog(text), "v1");
    EXPECT_TRUE(read.find("missing") != std::string::npos ||
                read.find("without the call") != std::string::npos)
        << expected << ": " << read;
    at = log.text.find("\"type\":\"syscall", at + 1);
  }
}

TEST(SlogStep, WithARecordOfAnotherCrankIsDamage) {
  SlogText log = begun();
  log.begin("v1", "[\"message\",\"a\"]");
  log.crank = 9;
  log.call("[\"x\"]", "[\"ok\",1]");
  log.crank = 1;
  log.end("[\"ok\",null,null]");
  EXPECT_THAT(story(*OpenedSlog(log.text), "v1"), HasSubstr("another crank"));
}

TEST(SlogStep, WhoseInsideIsDamagedIsToldWithItsLine) {
  SlogText log = begun();
  log.deliver("v1", "a", {{"x", "1"}}).deliver("v1", "b");
  std::string text = log.text;
  text[text.find("[\"x\"]") + 1] = '\\';
  const OpenedSlog slog(text);
  EXPECT_THAT(story(*slog, "v1"), HasSubstr("0 <chain.slog:8: v1 step 0: JSON: "));
  EXPECT_EQ(story(*slog, "v1", {1, 2}), "1 b");
  EXPECT_EQ(slog->verify({}).damage.size(), 2U) << "the line, and the step that it belongs to";
}

TEST(SlogSubject, IsEndedByItsOwnRecordOrByAnotherVatsDemand) {
  SlogText log = begun();
  log.create("v4", "vatAdmin").create("v9", "").create("v8", "").deliver("v9", "a");
  log.begin("v4", "[\"message\",\"kill\"]");
  log.call(R"(["callNow","d-70","terminateWithFailure",{"body":"[\"v9\",\"why\"]","slots":[]}])",
           R"(["ok",{"body":"{}","slots":[]}])");
  log.end("[\"ok\",null,null]").deliver("v8", "bye").terminate("v8");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(find_subject(*slog, "v9").state, SubjectState::kTerminated);
  EXPECT_EQ(find_subject(*slog, "v8").state, SubjectState::kTerminated);
  EXPECT_EQ(find_subject(*slog, "v1").state, SubjectState::kAlive);
  EXPECT_EQ(find_subject(*slog, "alice").manager, "xs-worker");
}

TEST(SlogSubject, ThatANewProcessDoesNotLoadHadEnded) {
  SlogText log = begun();
  log.create("v9", "").deliver("v9", "a", {{"x", "1"}}).deliver("v1", "b");
  log.process().create("v1", "alice").replay("v1", 1).deliver("v1", "c");
  EXPECT_EQ(find_subject(*OpenedSlog(log.text), "v9").state, SubjectState::kTerminated);
}

TEST(SlogSubject, OfALocalWorkerHasNoSteps) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v3", "comms", "", "local");
  for (int i = 0; i < 3; ++i) log.roll_back(log.crank, {{"v3", 0}}).deliver("v3", "a");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v3"), "");
  EXPECT_THAT(slog->subjects().at(0).not_replayable, HasSubstr("local worker"));
  EXPECT_EQ(notes_of(*slog), "");
}

TEST(SlogSubject, ThatIsUnknownIsAUsageError) {
  const OpenedSlog slog(begun().text);
  for (const char* id : {"v7", "alice", ""}) {
    try {
      static_cast<void>(slog->checkpoints(id));
      FAIL() << id;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
    }
  }
}

TEST(SlogSetup, OfAStaticVatOf2021LeavesItsParametersOpen) {
  SlogText log = begun();
  const recrank::Setup setup = OpenedSlog(log.deliver("v1", "a").text)->setup("v1", 0);
  EXPECT_EQ(setup.label, "v1:alice");
  EXPECT_THAT(setup.get(kVatBundle).value_or(""), HasSubstr("\"source\":\"of v1 "));
  EXPECT_FALSE(setup.get(kVatParameters));
  EXPECT_FALSE(setup.get(kCacheSize));
  EXPECT_EQ(setup.get(kMeterLimit), "10000000");
}

TEST(SlogSetup, OfADynamicVatOf2021ComesFromTheCallThatAskedForIt) {
  SlogText log = begun();
  log.create("v4", "vatAdmin").begin("v4", "[\"message\",\"create\"]");
  log.call(
      R"(["callNow","d-70","createByName",{"body":"[\"dude\",{\"vatParameters\":{\"n\":\"\\\"ü\\\"\"},\"virtualObjectCacheSize\":0,\"enableDisavow\":true}]","slots":[]}])",
      R"(["ok",{"body":"\"v8\"","slots":[]}])");
  log.end("[\"ok\",null,null]").create("v8", "").deliver("v8", "a");
  const recrank::Setup setup = OpenedSlog(log.text)->setup("v8", 0);
  EXPECT_EQ(setup.label, "v8:undefined");
  EXPECT_EQ(setup.get(kVatParameters), R"({"n":"\"ü\""})");
  EXPECT_EQ(setup.get(kCacheSize), "0");
  EXPECT_EQ(setup.get(kEnableDisavow), "true");
}

TEST(SlogSetup, OfALaterLogOf2021HasItsParametersInTheRecord) {
  SlogText log(SlogText::kOfLater2021);
  log.process().create("v1", "alice", ",\"vatParameters\":{\"name\":\"Alice\"}").deliver("v1", "a");
  EXPECT_EQ(OpenedSlog(log.text)->setup("v1", 0).get(kVatParameters), "{\"name\":\"Alice\"}");
}

SlogText upgraded(const std::string& bundle_id) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").deliver("v1", "boyd");
  log.raw(
      R"({"type":"crank-start","crankNum":3,"messageType":"upgrade-vat","message":{"type":"upgrade-vat","vatID":"v1","bundleID":")" +
      bundle_id + R"("},"time":1})");
  return log.roll_back(log.crank, {{"v1", 5}}).start_vat("v1").deliver("v1", "new");
}

TEST(SlogSetup, OfAnUpgradeNamesTheBundleThatIsMissing) {
  const OpenedSlog slog(upgraded("b1-other").text);
  EXPECT_TRUE(slog->setup("v1", 2).get(kVatBundle));
  const recrank::Setup setup = slog->setup("v1", 6);
  EXPECT_FALSE(setup.get(kVatBundle));
  EXPECT_EQ(setup.missing.get(kVatBundle), "b1-other");
}

TEST(SlogSetup, OfAnUpgradeFindsTheBundleInAnotherVatsRecord) {
  SlogText log = upgraded("b1-of-v2");
  log.create("v2", "bob");
  EXPECT_THAT(OpenedSlog(log.text)->setup("v1", 6).get(kVatBundle).value_or(""),
              HasSubstr("of v2"));
}

TEST(SlogSetup, OfAnUpgradeFindsTheBundleBehindTheNextRestart) {
  SlogText log = upgraded("b1-other");
  log.process().create("v1", "alice").replay("v1", 3).deliver("v1", "later");
  const OpenedSlog slog(log.text);
  EXPECT_TRUE(slog->setup("v1", 6).get(kVatBundle));
  EXPECT_EQ(story(*slog, "v1"),
            "0 init 1 startVat 2 boyd 3 shutdown 4 init 5 startVat 6 new 7 later");
}

TEST(SlogSetup, OfTheLaterEraIsMeteredWhereTheLogShowsIt) {
  SlogText log(SlogText::kOf2024);
  log.raw(
      R"({"type":"crank-start","crankNum":1,"messageType":"create-vat","message":{"type":"create-vat","vatID":"v2","dynamicOptions":{"meterID":"m1"}},"time":1})");
  log.create("v1", "a").create("v2", "b").create("v3", "c");
  for (const char* vat : {"v1", "v2", "v3"}) log.start_vat(vat);
  log.fail("v3", "spin", "Compute meter exceeded");
  const OpenedSlog slog(log.text);
  EXPECT_FALSE(slog->setup("v1", 0).get(kMeterLimit));
  EXPECT_EQ(slog->setup("v2", 0).get(kMeterLimit), "100000000");
  EXPECT_EQ(slog->setup("v3", 0).get(kMeterLimit), "100000000");
}

TEST(SlogSetup, OfADamagedRecordIsTold) {
  SlogText log = begun();
  log.deliver("v1", "a");
  std::string text = log.text;
  text[text.find("nestedEvaluate")] = '\x01';
  const OpenedSlog slog(text);
  EXPECT_EQ(story(*slog, "v1"), "0 a");
  EXPECT_THROW(static_cast<void>(slog->setup("v1", 0)), Error);
  EXPECT_EQ(slog->verify({}).damage.size(), 1U);
}

TEST(SlogSnapshot, IsKnownOnlyByItsHash) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").save("v1", "ab");
  const OpenedSlog slog(log.text);
  const auto checkpoints = slog->checkpoints("v1");
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_THROW(static_cast<void>(slog->open_snapshot("v1", checkpoints[1], SnapshotTrust::kHash)),
               Error);
}

}  // namespace slog_steps_test
}  // namespace recrank::agoric
