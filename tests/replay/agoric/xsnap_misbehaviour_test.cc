// An engine is hostile: whatever it does, a step has an outcome within its time, and nothing is
// left behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/replay/fake_vat.h"

namespace recrank::agoric {
namespace xsnap_misbehaviour_test {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;
using Clock = std::chrono::steady_clock;

// Generous: the machine may be busy. What is to be shown is that it ends at all.
constexpr milliseconds kSoon{10000};

// `step_wall_s` is long where nothing is to be waited for, so that a busy machine changes nothing.
Limits short_limits(double step_wall_s = 60) {
  Limits limits;
  limits.step_wall_s = step_wall_s;
  limits.calls_max = 1000;
  limits.frame_bytes_max = 1 << 20;
  return limits;
}

size_t open_descriptors() {
  const std::filesystem::directory_iterator fds("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(fds), end(fds)));
}

struct Misbehaviour {
  const char* name;
  const char* line;     // of the script
  const char* outcome;  // how it begins
};

class XsnapMisbehaviour : public testing::TestWithParam<Misbehaviour> {};

TEST_P(XsnapMisbehaviour, HasAnOutcomeInTimeAndLeavesNothingBehind) {
  const size_t descriptors = open_descriptors();
  const auto begin = Clock::now();
  {
    const bool waits = std::string_view(GetParam().outcome).find("0.4 s") != std::string_view::npos;
    FakeVat vat(GetParam().line, short_limits(waits ? 0.4 : 60));
    EXPECT_THAT(vat.deliver(), StartsWith(GetParam().outcome));
  }
  EXPECT_LT(Clock::now() - begin, kSoon);
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

INSTANTIATE_TEST_SUITE_P(
    Deaths, XsnapMisbehaviour,
    testing::Values(
        Misbehaviour{"Segfault", R"({"do":[{"signal":11}]})", "crashed SIGSEGV"},
        Misbehaviour{"Abort", R"({"calls":[["a"]],"do":[{"signal":6}]})", "crashed SIGABRT"},
        Misbehaviour{"Killed", R"({"do":[{"signal":9}]})", "crashed SIGKILL, sent"},
        Misbehaviour{"Terminated", R"({"do":[{"signal":15}]})", "crashed SIGTERM"},
        Misbehaviour{"Exit0", R"({"do":[{"exit":0}]})", "crashed left without an answer"},
        Misbehaviour{"Exit1", R"({"do":[{"exit":1}]})", "crashed bad usage"},
        Misbehaviour{"Exit2", R"({"do":[{"exit":2}]})", "crashed I/O error"},
        Misbehaviour{"Exit11", R"({"do":[{"exit":11}]})", "limit memory the engine's own 2 GiB"},
        Misbehaviour{"Exit12", R"({"do":[{"exit":12}]})", "limit stack"},
        Misbehaviour{"Exit15", R"({"do":[{"exit":15}]})", "crashed unhandled exception"},
        Misbehaviour{"Exit16", R"({"do":[{"exit":16}]})", "limit keys"},
        Misbehaviour{"Exit17", R"({"do":[{"exit":17}]})", "limit computrons 2000000000 computrons"},
        Misbehaviour{"Exit99", R"({"do":[{"exit":99}]})", "crashed exit status 99"},
        Misbehaviour{"Exit255", R"({"do":[{"exit":255}]})", "crashed unknown error"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Hangs, XsnapMisbehaviour,
    testing::Values(
        Misbehaviour{"Hang", R"({"do":[{"hang":true}]})", "limit step-wall 0.4 s"},
        Misbehaviour{"HangDeaf", R"({"do":[{"hang_deaf":true}]})", "limit step-wall 0.4 s"},
        Misbehaviour{"Spin", R"({"do":[{"spin":true}]})", "limit step-wall 0.4 s"},
        Misbehaviour{"HangsInLockdown", R"({"on":"lockdown","do":[{"hang":true}]})",
                     "lockdown: limit step-wall 0.4 s"},
        Misbehaviour{"HalfAFrame", R"({"do":[{"raw":"100:abc"},{"hang":true}]})",
                     "limit step-wall 0.4 s"},
        Misbehaviour{"HalfALength", R"({"do":[{"raw":"10"},{"hang":true}]})",
                     "limit step-wall 0.4 s"},
        Misbehaviour{"ClosesAnswersAndLivesOn", R"({"do":[{"close_replies":true},{"hang":true}]})",
                     "limit step-wall 0.4 s"},
        Misbehaviour{"FloodsStdout", R"({"do":[{"print":{"text":"x\n","times":0}}]})",
                     "limit step-wall 0.4 s"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Floods, XsnapMisbehaviour,
    testing::Values(
        Misbehaviour{"Calls", R"({"do":[{"flood_calls":true}]})",
                     "limit flood 1,000 calls in one step"},
        Misbehaviour{"EndlessFrame",
                     R"({"do":[{"raw":"999999:"},{"repeat_raw":{"bytes":"xxxxxxxx"}}]})",
                     "garbled a frame of 999999 bytes ends in 'x'"},
        Misbehaviour{"UnaskedFrames", R"({"do":[{"repeat_raw":{"bytes":"2:?x,"}}]})",
                     "garbled a call of no known kind"},
        Misbehaviour{"LargeFrame", R"({"do":[{"raw":"1048577:"},{"hang":true}]})",
                     "garbled a frame of 1048577 bytes was announced; the limit is 1048576"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Nonsense, XsnapMisbehaviour,
    testing::Values(
        Misbehaviour{"TornFrame", R"({"do":[{"raw":"10:abc"},{"exit":0}]})",
                     "garbled a frame that breaks off after 6 bytes: '10:abc'"},
        Misbehaviour{"TornFrameInACrash", R"({"do":[{"raw":"10:abc"},{"signal":11}]})",
                     "crashed SIGSEGV"},
        Misbehaviour{"BadLength", R"({"do":[{"raw":"12x4:abc,"}]})",
                     "garbled frame length '12x4' is not a number"},
        Misbehaviour{"LeadingZero", R"({"do":[{"raw":"03:abc,"}]})", "garbled frame length '03'"},
        Misbehaviour{"HugeLength", R"({"do":[{"raw":"99999999999999999999:"}]})",
                     "garbled frame length"},
        Misbehaviour{"BadTrailer", R"({"do":[{"raw":"1:.;"}]})", "garbled a frame of 1 bytes ends"},
        Misbehaviour{"Rubbish", R"({"do":[{"raw":"Segmentation fault\n"}]})",
                     "garbled frame length 'Segmentation fault\\x0a"},
        Misbehaviour{"EmptyFrame", R"({"do":[{"raw":"0:,"}]})", "garbled an empty frame"},
        Misbehaviour{"UnknownKind", R"({"do":[{"frame":"zap"}]})",
                     "garbled an answer of no known kind: 'zap'"},
        Misbehaviour{"NoMeter", R"({"do":[{"frame":".[\"ok\",null,null]"}]})",
                     "garbled an answer without a meter"},
        Misbehaviour{"MeterNotJson", R"({"do":[{"answer":{"meter":"{\"compute\":x}"}}]})",
                     "garbled a meter that cannot be read"},
        Misbehaviour{"MeterWithoutCompute", R"({"do":[{"answer":{"meter":"{}"}}]})",
                     "garbled a meter without \"compute\""},
        Misbehaviour{"UnknownCall", R"({"do":[{"upcall":"[\"explode\"]"}]})",
                     "garbled a call of no known kind: '[\"explode\"]'"},
        Misbehaviour{"CallNotJson", R"({"do":[{"upcall":"\u0000\u0001"}]})",
                     "garbled a call of no known kind: '\\x00\\x01'"},
        Misbehaviour{"StrangeResult", R"({"result":{"ok":1}})", "garbled answered a delivery with"},
        Misbehaviour{"CallInLockdown", R"({"on":"lockdown","calls":[["a"]]})",
                     "lockdown: garbled a system call before the first delivery"},
        Misbehaviour{"LockdownThrows", R"({"on":"lockdown","do":[{"throw":"SyntaxError: x"}]})",
                     "lockdown: garbled answered '[\"!\",\"SyntaxError: x\"]'"},
        Misbehaviour{"SetBundleFails", R"({"on":"setBundle","result":["err","TypeError","no"]})",
                     "setBundle: garbled answered '[\"err\",\"TypeError\",\"no\"]'"}),
    [](const auto& test) { return test.param.name; });

TEST(XsnapMisbehaviourMore, FollowsDeepNestingOnlyAsBytes) {
  FakeVat vat(R"({"do":[{"nest":200000}]})", short_limits());
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  ASSERT_EQ(vat.handler().calls.size(), 1U);
  EXPECT_EQ(vat.handler().calls[0].size(), 400'000U);
}

// Our own write is what blocks here.
TEST(XsnapMisbehaviourMore, IsNotHeldUpByAWorkerThatReadsNothing) {
  FakeVat vat(R"({"on":"setBundle","do":[{"answer":{"meter":"{\"compute\":1}",)"
              R"("result":"[\"dispatchReady\"]"}},{"hang":true}]})",
              short_limits(0.4));
  EXPECT_EQ(vat.deliver("\"" + std::string(1 << 20, 'x') + "\""), "limit step-wall 0.4 s");
}

TEST(XsnapMisbehaviourMore, NoticesAnAnswerThatNobodyAskedFor) {
  FakeVat vat(R"({"do":[{"answer":{"meter":"{\"compute\":1}","result":"[\"ok\"]"}},)"
              R"({"raw":"1:.,"},{"sleep_ms":1}]})",
              short_limits());
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok"])");
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_THAT(vat.deliver(), StartsWith("garbled "));
}

TEST(XsnapMisbehaviourMore, RefusesWritesToDescriptorsThatItWasNotGiven) {
  FakeVat vat("{\"do\":[{\"write_to\":5}]}\n{\"do\":[{\"write_to\":9}]}", short_limits());
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok","Bad file descriptor"])");
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok","Bad file descriptor"])");
}

TEST(XsnapMisbehaviourMore, KeepsItsLastWords) {
  FakeVat vat(R"({"do":[{"print":{"text":"assertion \u001b[31mfailed\n"}},{"signal":6}]})");
  ASSERT_EQ(vat.start(), "started");
  KeepingHandler handler;
  Step step;
  step.delivery = "[]";
  const StepOutcome outcome = vat.run().apply(step, handler);
  EXPECT_EQ(std::get<StepCrashed>(outcome).end.last_words, "assertion \\x1b[31mfailed");
}

TEST(XsnapMisbehaviourMore, ReportsTheWallOfTheRunEvenBetweenSteps) {
  Limits limits = short_limits();
  limits.wall_s = 0.5;
  FakeVat vat("", limits);
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  std::this_thread::sleep_for(milliseconds(700));
  EXPECT_EQ(vat.deliver(), "limit wall 0.5 s");
}

TEST(XsnapMisbehaviourMore, DoesNotCountTheTimeBetweenSteps) {
  FakeVat vat("", short_limits(1));
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  std::this_thread::sleep_for(milliseconds(1200));
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
}

TEST(XsnapMisbehaviourMore, ReportsSpentCpuAsALimit) {
  Limits limits;
  limits.cpu_s = 1;
  FakeVat vat(R"({"do":[{"spin":true}]})", limits);
  EXPECT_EQ(vat.deliver(), "limit cpu 1 s of CPU");
}

TEST(XsnapMisbehaviourMore, IsInterrupted) {
  FakeVat vat(R"({"do":[{"hang":true}]})");
  ASSERT_EQ(vat.start(), "started");
  std::thread ctrl_c([&] {
    std::this_thread::sleep_for(milliseconds(100));
    vat.interrupt().request();
  });
  const auto begin = Clock::now();
  EXPECT_EQ(vat.deliver(), "interrupted");
  EXPECT_LT(Clock::now() - begin, kSoon);
  ctrl_c.join();
}

struct HeapLie {
  const char* line;
  const char* outcome;
};

TEST(XsnapMisbehaviourMore, CatchesLiesAboutTheHeap) {
  for (const HeapLie& lie :
       {HeapLie{R"({"on":"snapshot","do":[{"announce":7}]})",
                "garbled announced a heap of '7' bytes and wrote 12"},
        HeapLie{R"({"on":"snapshot","do":[{"announce":700}]})",
                "garbled announced a heap of '700' bytes and wrote 12"},
        HeapLie{R"({"on":"snapshot","do":[{"heap":""}]})", "garbled wrote no heap"},
        HeapLie{R"({"on":"snapshot","do":[{"throw":"no"}]})", "garbled cannot write its heap"},
        HeapLie{R"({"on":"snapshot","do":[{"exit":2}]})", "crashed I/O error"},
        HeapLie{R"({"on":"snapshot","do":[{"signal":11}]})", "crashed SIGSEGV"},
        HeapLie{R"({"on":"snapshot","do":[{"hang":true}]})", "limit step-wall 0.4 s"},
        HeapLie{R"({"on":"snapshot","do":[{"heap_flood":true}]})", "limit step-wall 0.4 s"}}) {
    const bool waits = std::string_view(lie.outcome).find("0.4 s") != std::string_view::npos;
    FakeVat vat(lie.line, short_limits(waits ? 0.4 : 60));
    EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
    EXPECT_THAT(vat.snapshot(), StartsWith(lie.outcome)) << lie.line;
  }
}

TEST(XsnapMisbehaviourMore, TakesAHeapLargerThanItsPipe) {
  FakeVat vat("{\"on\":\"snapshot\",\"do\":[{\"heap\":\"" + std::string(5 << 20, 'h') + "\"}]}");
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
  EXPECT_EQ(vat.snapshot().size(), 64U);
  EXPECT_EQ(vat.deliver(), R"(done ok 1 ["ok",null,null])");
}

}  // namespace xsnap_misbehaviour_test
}  // namespace recrank::agoric
