// Both dialects, spoken as they should be, with a worker that follows a script.

#include "replay/agoric/xsnap_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "replay/agoric/xsnap_probe.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/replay/fake_vat.h"

namespace recrank::agoric {
namespace xsnap_engine_test {

using testing::ElementsAre;
using testing::HasSubstr;

struct DialectCase {
  std::string_view dialect;
  std::string header;  // first line of the script
};

class XsnapEngineDialect : public testing::TestWithParam<DialectCase> {
 protected:
  [[nodiscard]] std::string script(const std::string& lines) const {
    return GetParam().header + "\n" + lines;
  }
};

INSTANTIATE_TEST_SUITE_P(All, XsnapEngineDialect,
                         testing::Values(DialectCase{kXsnap2021, R"({"dialect":"xsnap-2021"})"},
                                         DialectCase{kXsnap2024, R"({"dialect":"xsnap-2024"})"}),
                         [](const auto& test) {
                           return test.param.dialect == kXsnap2021 ? "Xsnap2021" : "Xsnap2024";
                         });

TEST_P(XsnapEngineDialect, DeliversAndAnswersCalls) {
  FakeVat vat(script(R"({"calls":[["vatstoreGet","k"],["send","o-1",{}]],"computrons":18522})"));
  EXPECT_EQ(vat.deliver(), R"(done ok 18522 ["ok",null,null])");
  EXPECT_THAT(vat.handler().calls, ElementsAre(R"(["vatstoreGet","k"])", R"(["send","o-1",{}])"));
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
}

TEST_P(XsnapEngineDialect, SendsDeliveriesAndAnswersAsTheyStand) {
  FakeVat vat(script(R"({"expect":"?[\"deliver\",[\"message\",\"o+0\", {\"é☃\":1.0}]]",)"
                     R"("calls":[["vatstoreGet","k"]],"answers":[["ok","\"x\" ☃"]]})"));
  vat.handler().answer = R"(["ok","\"x\" ☃"])";
  EXPECT_EQ(vat.deliver(R"(["message","o+0", {"é☃":1.0}])"), R"(done ok 1 ["ok",null,null])");
}

TEST_P(XsnapEngineDialect, StartsAsTheKernelDid) {
  const std::string arguments =
      GetParam().dialect == kXsnap2021
          ? R"(,\"v1\",{\"source\":\"s\"},{\"name\":\"Alice\"},null,false])"
          : R"(,{\"source\":\"s\"},{\"enableDisavow\":false,\"relaxDurabilityRules\":false}])";
  const std::string vat_id = GetParam().dialect == kXsnap2021 ? "" : R"(,\"v1\")";
  FakeVat vat(script(R"s({"on":"lockdown","expect":"e(() => 'lockdown'\n)()"})s"
                     "\n"
                     R"s({"on":"supervisor","expect":"e(() => 'supervisor'\n)()"})s"
                     "\n"
                     R"({"on":"setBundle","expect":"?[\"setBundle\")" +
                     vat_id + arguments + "\"}"));
  EXPECT_EQ(vat.start(), "started");
}

TEST_P(XsnapEngineDialect, PrefersTheRecordedBundles) {
  FakeVat vat(script(R"s({"on":"lockdown","expect":"e(recorded lockdown\n)()"})s"
                     "\n"
                     R"s({"on":"supervisor","expect":"e(recorded supervisor\n)()"})s"));
  StartRequest request = usual_request(GetParam().dialect);
  request.setup.set(kLockdown, R"({"source":"recorded lockdown"})");
  request.setup.set(kSupervisor, R"({"source":"recorded supervisor"})");
  EXPECT_EQ(vat.start(std::move(request)), "started");
}

TEST_P(XsnapEngineDialect, AnswersTheConsoleItself) {
  FakeVat vat(script(R"({"do":[{"console":["vat","log","x"]},{"upcall":"[\"testLog\",1]"},)"
                     R"({"upcall":"[ \"console\", \"log\"]"}]})"));
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  EXPECT_TRUE(vat.handler().calls.empty());
}

TEST_P(XsnapEngineDialect, OneThatAsksForNoDebuggerCannotBeWatched) {
  FakeVat vat(script(R"({"calls":[["a"]]})"));
  SourceWatch watch;
  StartRequest request = usual_request(GetParam().dialect);
  request.watch = &watch;
  try {
    EXPECT_EQ(vat.start(std::move(request)), "refused");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("no debugger"));
  }
}

TEST_P(XsnapEngineDialect, TellsAFailedDeliveryFromAGoodOne) {
  FakeVat vat(
      script("{\"result\":[\"error\",\"boom\",null]}\n"
             "{\"result\":[\"err\",\"TypeError\",\"x\"]}\n"
             "{\"do\":[{\"throw\":\"Error: \\\"bad\\\"\"}]}\n"
             "{\"result\":[\"dispatchReady\"]}"));
  EXPECT_EQ(vat.deliver(), R"(done failed 1 ["error","boom",null])");
  EXPECT_EQ(vat.deliver(), R"(done failed 1 ["err","TypeError","x"])");
  EXPECT_EQ(vat.deliver(), R"(done failed ["!","Error: \"bad\""])");
  EXPECT_EQ(vat.deliver(), R"(garbled answered a delivery with '["dispatchReady"]')");
}

// A worker looks at its meter now and then: it may answer what cost more than it was allowed.
TEST_P(XsnapEngineDialect, HoldsTheUsersMeterLimitAgainstWhatADeliveryCost) {
  const std::string lines =
      R"({"computrons":34300}
{"computrons":34325,"unnoticed":true}
{"computrons":34325,"unnoticed":true,"result":["error","boom",null]})";
  Limits limits;
  limits.computrons = 34'300;
  FakeVat vat(script(lines), limits);
  EXPECT_EQ(vat.deliver(), R"(done ok 34300 ["ok",null,null])");
  EXPECT_EQ(vat.deliver(), "limit computrons 34300 computrons");
  limits.computrons = 0;  // no meter
  FakeVat unmetered(script(lines), limits);
  for (const char* cost : {"ok 34300", "ok 34325", "failed 34325"})
    EXPECT_THAT(unmetered.deliver(), HasSubstr(cost));
  // What the recorded worker was allowed to exceed, another one is.
  FakeVat recorded(script(lines));
  StartRequest request = usual_request(GetParam().dialect);
  request.setup.set(kMeterLimit, "34300");
  EXPECT_EQ(recorded.start(std::move(request)), "started");
  for (const char* cost : {"ok 34300", "ok 34325", "failed 34325"})
    EXPECT_THAT(recorded.deliver(), HasSubstr(cost));
}

TEST_P(XsnapEngineDialect, StopsWhenTheHandlerSaysSo) {
  FakeVat vat(script(R"({"calls":[["a"],["b"],["c"]]})"));
  vat.handler().stop_at = 1;
  EXPECT_EQ(vat.deliver(), "stopped");
  EXPECT_THAT(vat.handler().calls, ElementsAre(R"(["a"])", R"(["b"])"));
}

TEST_P(XsnapEngineDialect, WritesAHeapAndStartsFromIt) {
  FakeVat vat(script("{}\n{}\n{\"computrons\":3}"));
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  EXPECT_EQ(vat.snapshot(), sha256_hex("fake heap 2\n"));
  EXPECT_EQ(vat.snapshot(), sha256_hex("fake heap 2\n"));

  vat.home().write("heap", "fake heap 2\n");
  StartRequest request = usual_request(GetParam().dialect);
  request.heap = open_for_read(vat.home().path() / "heap");
  request.heap_label = "v1-2-cafe";
  EXPECT_EQ(vat.start(std::move(request)), "started");
  EXPECT_EQ(vat.deliver(), R"(done ok 3 ["ok",null,null])");
}

TEST_P(XsnapEngineDialect, ReportsAHeapThatCannotBeLoaded) {
  FakeVat vat(script(""));
  vat.home().write("heap", "rubbish");
  StartRequest request = usual_request(GetParam().dialect);
  request.heap = open_for_read(vat.home().path() / "heap");
  EXPECT_EQ(vat.start(std::move(request)), "load heap: crashed I/O error");
}

TEST_P(XsnapEngineDialect, GivesAHeapToSeveralWorkersAtOnce) {
  FakeVat vat(script("{}\n{\"computrons\":22}"));
  vat.home().write("heap", "fake heap 1\n");
  const UniqueFd heap = open_for_read(vat.home().path() / "heap");
  Interrupt interrupt;
  const auto engine = make_xsnap_engine(probe_engine(vat.home().path(), {}, interrupt));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    StartRequest request = usual_request(GetParam().dialect);
    request.heap = UniqueFd(::dup(heap.get()));  // shares the offset
    threads.emplace_back([&interrupt, &engine, request = std::move(request)]() mutable {
      const StartResult started = engine->start(std::move(request), interrupt);
      ASSERT_NE(started.run, nullptr) << text_of(started.failure);
      KeepingHandler handler;
      Step step;
      step.delivery = "[]";
      EXPECT_EQ(text_of(started.run->apply(step, handler)), R"(done ok 22 ["ok",null,null])");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(XsnapEngine, PassesTheMeterLimitOn) {
  Limits limits;
  limits.computrons = 1000;
  FakeVat vat("{\"computrons\":1000}\n{\"computrons\":1001}", limits);
  EXPECT_EQ(vat.deliver(), R"(done ok 1000 ["ok",null,null])");
  EXPECT_EQ(vat.deliver(), "limit computrons 1000 computrons");
}

TEST(XsnapEngine, RefusesARecordingOfAnotherDialect) {
  FakeVat vat(R"({"dialect":"xsnap-2021"})");
  try {
    vat.start(usual_request(kXsnap2024));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("of xsnap-2024, but the engine"));
  }
}

TEST(XsnapEngine, NamesAMissingBundle) {
  const FakeWorkerHome home("");
  std::filesystem::remove(home.path() / "lockdown.bundle");
  Interrupt interrupt;
  const auto engine = make_xsnap_engine(probe_engine(home.path(), {}, interrupt));
  try {
    static_cast<void>(engine->start(usual_request(kXsnap2024), interrupt));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("neither the recording nor the engine has a lockdown"));
  }
}

TEST(XsnapEngine, KnowsItsCost) {
  FakeVat vat("");
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  EXPECT_GT(vat.run().cost().engine_peak_rss_bytes, 1U << 20);
}

}  // namespace xsnap_engine_test
}  // namespace recrank::agoric
