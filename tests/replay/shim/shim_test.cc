// An engine under recrank-shim: what passes through, what is seen, what holds together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/error.h"
#include "replay/agoric/netstring.h"
#include "replay/crash/signature.h"
#include "replay/process/crash_tracer.h"
#include "replay/process/end_of_process.h"
#include "replay/process/worker_process.h"
#include "tests/support/replay/fake_vat.h"
#include "tests/support/replay/fake_worker_home.h"

namespace recrank {
namespace shim_test {

using namespace agoric;

using std::chrono::milliseconds;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

const Interrupt kNoInterrupt;
constexpr milliseconds kPatience{60'000};

// A fake worker under the shim that does `acts` in its first delivery.
class Traced {
 public:
  explicit Traced(const std::string& acts)
      : home_("{\"do\":[" + acts + "]}"), process_(command(), kNoInterrupt) {}

  std::string deliver() {
    NetstringReader reader(process_.reply_fd(), 1 << 20);
    if (write_netstring(process_.command_fd(), {"?[\"deliver\",[]]"}) != WriteStatus::kWritten ||
        reader.next() != FrameStatus::kFrame) {
      return "no answer";
    }
    const std::string_view payload = reader.payload();
    return std::string(payload.substr(payload.find('\x01') + 1));
  }

  const WorkerEnd& end() { return process_.finish(kPatience); }
  WorkerProcess& process() { return process_; }

  // The report of a death or a hang; an empty one when there is none.
  CrashReport report() {
    EXPECT_EQ(deliver(), "no answer");
    EXPECT_TRUE(end().report.has_value()) << end().capture_loss;
    return end().report.value_or(CrashReport());
  }

  [[nodiscard]] pid_t tracer() const {
    std::ifstream status("/proc/" + std::to_string(process_.pid()) + "/status");
    std::string word;
    pid_t pid = 0;
    while (status >> word) {
      if (word == "TracerPid:") status >> pid;
    }
    return pid;
  }

 private:
  [[nodiscard]] WorkerCommand command() const {
    WorkerCommand made;
    made.program = home_.path() / "xsnap-worker";
    made.arguments = {"v1:test"};
    made.memory_bytes = 6ULL << 30;
    made.cpu_s = 60;
    made.capture.mode = CaptureMode::kShim;
    return made;
  }

  FakeWorkerHome home_;
  WorkerProcess process_;
};

class Shim : public testing::Test {
 protected:
  void SetUp() override {
    if (find_shim().empty()) GTEST_SKIP() << "skipped: there is no recrank-shim here";
    Traced probe(R"({"inspect":"group"})");
    if (probe.tracer() == 0) GTEST_SKIP() << "skipped: ptrace is not permitted here";
  }
};

testing::Matcher<Frame> in_function(const std::string& name) {
  return Field(&Frame::function, HasSubstr(name));
}

std::string fault_act(const std::string& name) { return "{\"fault\":\"" + name + "\"}"; }

TEST_F(Shim, PassesExitStatusesThrough) {
  for (const int status : {0, 1, 2, 17, 255}) {
    Traced engine("{\"exit\":" + std::to_string(status) + "}");
    EXPECT_EQ(engine.deliver(), "no answer");
    EXPECT_EQ(engine.end().exit_status, status);
    EXPECT_EQ(engine.end().signal, 0);
    EXPECT_FALSE(engine.end().report.has_value());
    EXPECT_EQ(engine.end().capture_loss, "");
  }
}

TEST_F(Shim, PassesSignalsThroughAndSaysThatTheProcessRaisedThem) {
  for (const int number : {SIGHUP, SIGSEGV, SIGABRT, SIGFPE, SIGPIPE, SIGTERM, SIGXCPU, SIGSYS,
                           SIGTRAP, SIGRTMIN + 3}) {
    Traced engine("{\"signal\":" + std::to_string(number) + "}");
    const CrashReport report = engine.report();
    EXPECT_EQ(engine.end().signal, number);
    EXPECT_TRUE(engine.end().by_itself);
    EXPECT_EQ(report.fault.signal, number);
    EXPECT_TRUE(report.fault.sent_by_itself) << number;
  }
}

TEST_F(Shim, NeverSeesTheSignalThatCannotBeSeen) {
  Traced engine(R"({"signal":9})");
  EXPECT_EQ(engine.deliver(), "no answer");
  EXPECT_EQ(engine.end().signal, SIGKILL);
  EXPECT_FALSE(engine.end().report.has_value());
  EXPECT_EQ(engine.end().capture_loss, "");
}

TEST_F(Shim, LeavesTheEngineItsDescriptorsOnly) {
  Traced engine(R"({"inspect":"fds"})");
  EXPECT_EQ(engine.deliver(), "[\"ok\",[0,1,2,3,4,7]]");
}

TEST_F(Shim, IsOutOfTheEnginesReach) {
  if (containment_had().landlock_abi == 0) GTEST_SKIP() << "skipped: this kernel has no Landlock";
  Traced engine(R"({"inspect":"tracer"})");
  EXPECT_THAT(engine.deliver(),
              AnyOf("[\"ok\",\"not traced\"]",  // in its namespace there is nobody else
                    "[\"ok\",\"kill: Operation not permitted; ptrace: Operation not permitted; "
                    "descriptors: Permission denied; memory: Permission denied\"]"));
}

TEST_F(Shim, TakesTheEngineWithItWhenItIsKilled) {
  Traced engine(R"({"hang":true})");
  const pid_t tracer = engine.tracer();
  ASSERT_GT(tracer, 0);
  ASSERT_EQ(::kill(tracer, SIGKILL), 0);
  EXPECT_EQ(engine.deliver(), "no answer");
  EXPECT_EQ(engine.end().signal, SIGKILL);
  EXPECT_TRUE(engine.end().by_itself);
  EXPECT_THAT(engine.end().capture_loss, HasSubstr("recrank-shim was killed by signal 9"));
}

TEST_F(Shim, EndsWithTheEngineAndLeavesNobodyBehind) {
  pid_t tracer = 0;
  {
    Traced engine(R"({"hang":true})");
    tracer = engine.tracer();
    ASSERT_GT(tracer, 0);
  }
  EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(tracer)));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(Shim, CostsNeitherTheEnginesMemoryNorItsTime) {
  Traced engine(R"({"spin":true})");
  engine.process().limit_step(0.3);
  static_cast<void>(engine.report());
  EXPECT_GT(engine.process().usage().peak_rss_bytes, 1U << 20);
  EXPECT_LT(engine.process().usage().peak_rss_bytes, 40U << 20);
  EXPECT_LT(engine.process().usage().cpu_s, 5);
}

TEST_F(Shim, NamesTheFunctionThatFaulted) {
  const CrashReport report = Traced(fault_act("null")).report();
  EXPECT_EQ(report.occasion, CrashOccasion::kDeath);
  EXPECT_EQ(report.fault.address, 0x18U);
  EXPECT_EQ(report.fault.code, SEGV_MAPERR);
  EXPECT_EQ(report.fault.mapping, "");
  EXPECT_FALSE(report.fault.sender.has_value());
  ASSERT_FALSE(report.fault.frames.empty());
  EXPECT_THAT(report.fault.frames.front(), in_function("read_null_member"));
  EXPECT_EQ(report.fault.frames.front().module, "fake_worker");
  EXPECT_THAT(report.fault.frames, Contains(in_function("main")));
  EXPECT_THAT(report.fault.registers, Contains(Field(&Register::name, "rip")));
  EXPECT_EQ(report.fault.code_bytes.size(), 32U);
  EXPECT_THAT(report.maps, Contains(HasSubstr("[stack]")));
  EXPECT_FALSE(report.fault.stack_overflow);
  EXPECT_FALSE(report.first.has_value());
}

TEST_F(Shim, KnowsAStackOverflowAndKeepsBothEndsOfTheStack) {
  const CrashReport report = Traced(fault_act("stack")).report();
  EXPECT_TRUE(report.fault.stack_overflow);
  EXPECT_FALSE(report.fault.stack_starved);
  EXPECT_GT(frames_left_out(report.fault), 1000U);
  ASSERT_GE(report.fault.frames.size(), 80U);
  EXPECT_THAT(report.fault.frames.front(), in_function("descend"));
  EXPECT_THAT(report.fault.frames[63], in_function("descend"));
  EXPECT_THAT(report.fault.frames, Contains(in_function("main")));
}

TEST_F(Shim, KeepsOfADeepRecursionTheFunctionsThatBeganIt) {
  const CrashReport report = Traced(fault_act("collection")).report();
  EXPECT_FALSE(report.fault.stack_overflow);
  EXPECT_GT(frames_left_out(report.fault), 200U);
  EXPECT_THAT(report.fault.frames[63], in_function("mark"));
  const auto begun = std::find_if(report.fault.frames.begin(), report.fault.frames.end(),
                                  [](const Frame& each) { return each.left_out_before > 0; });
  ASSERT_NE(begun, report.fault.frames.end());
  EXPECT_THAT(*begun, in_function("collect"));
  EXPECT_THAT(report.fault.frames, Contains(in_function("main")));
  const std::string kFaults = "fake_worker::(anonymous_namespace)::";
  ProcessEnd end;
  end.signal = SIGSEGV;
  end.report = report;
  EXPECT_EQ(crash_signature(end), "SIGSEGV near-null " + kFaults + "mark<" + kFaults +
                                      "mark_list<" + kFaults + "collect");
}

TEST_F(Shim, TellsTheMessageOfAnAssertion) {
  const CrashReport report = Traced(fault_act("assert")).report();
  EXPECT_EQ(report.fault.signal, SIGABRT);
  EXPECT_TRUE(report.fault.sent_by_itself);
  EXPECT_THAT(report.abort_message,
              HasSubstr("fake.cc:42: fail_an_assertion: Assertion `vats > 0' failed."));
  EXPECT_THAT(report.fault.frames, Contains(in_function("abort")));
}

TEST_F(Shim, AnAbortWithoutAMessageHasNone) {
  const CrashReport report = Traced(fault_act("abort")).report();
  EXPECT_EQ(report.fault.signal, SIGABRT);
  EXPECT_EQ(report.abort_message, "");
}

TEST_F(Shim, FindsTheCallerOfAJumpToNowhere) {
  const CrashReport report = Traced(fault_act("jump")).report();
  EXPECT_EQ(report.fault.address, 0U);
  ASSERT_GE(report.fault.frames.size(), 2U);
  EXPECT_EQ(report.fault.frames[0].address, 0U);
  EXPECT_EQ(report.fault.frames[0].module, "");
  EXPECT_THAT(report.fault.frames[1], in_function("jump_to_zero"));
  EXPECT_THAT(fault_words(report.fault), StartsWith("SIGSEGV: jump to address 0x0"));
}

TEST_F(Shim, SaysThatTheAddressOfANonCanonicalPointerIsNotGiven) {
  const CrashReport report = Traced(fault_act("non-canonical")).report();
  EXPECT_FALSE(report.fault.address.has_value());
  EXPECT_EQ(fault_words(report.fault), "SIGSEGV: address not given");
  EXPECT_THAT(report.fault.frames, Contains(in_function("write_non_canonical")));
}

TEST_F(Shim, NamesADivisionByZero) {
  EXPECT_EQ(fault_words(Traced(fault_act("divide")).report().fault), "SIGFPE: division by zero");
}

TEST_F(Shim, SeesAFaultInAnotherThread) {
  const CrashReport report = Traced(fault_act("thread")).report();
  EXPECT_FALSE(report.fault.main_thread);
  EXPECT_THAT(report.fault.frames.front(), in_function("read_null_member"));
}

TEST_F(Shim, NamesTheFaultThatTheProgramsHandlerTurnedIntoAnother) {
  const CrashReport report = Traced(fault_act("trap in handler")).report();
  EXPECT_EQ(report.fault.signal, SIGILL);
  EXPECT_THAT(report.fault.frames.front(), in_function("on_fault_then_trap"));
  ASSERT_TRUE(report.first.has_value());
  EXPECT_EQ(report.first->signal, SIGSEGV);
  EXPECT_EQ(report.first->address, 0U);
  ASSERT_GE(report.first->frames.size(), 2U);
  EXPECT_THAT(report.first->frames[1], in_function("jump_to_zero"));
  EXPECT_THAT(report.first->frames, Contains(in_function("main")));
  EXPECT_EQ(report.cause().signal, SIGSEGV);
}

TEST_F(Shim, AFaultThatWasMendedIsNotTheCauseOfALaterDeath) {
  const CrashReport report = Traced(fault_act("trap behind handler")).report();
  EXPECT_EQ(report.fault.signal, SIGILL);
  EXPECT_FALSE(report.first.has_value());
}

TEST_F(Shim, AProgramThatUsesFaultsAsAMeansLivesOn) {
  Traced engine(R"({"survive_faults":5000})");
  EXPECT_EQ(engine.deliver(), "[\"ok\",null,null]");
  engine.process().close_commands();
  EXPECT_EQ(engine.end().exit_status, 0);
  EXPECT_FALSE(engine.end().report.has_value());
}

// `name` is found in the stack of an engine that a step limit ends.
CrashReport hang_report(const std::string& act) {
  Traced engine(act);
  engine.process().limit_step(0.5);
  CrashReport report = engine.report();
  EXPECT_EQ(engine.end().reason, KillReason::kStepWall);
  EXPECT_EQ(report.occasion, CrashOccasion::kHang);
  EXPECT_FALSE(report.fault.frames.empty());
  return report;
}

TEST_F(Shim, AHangHasAStack) {
  const CrashReport report = hang_report(R"({"hang":true})");
  EXPECT_EQ(report.fault.signal, 0);
  EXPECT_THAT(report.fault.frames, Contains(in_function("sleep_for_ever")));
}

TEST_F(Shim, ASpinHasAStack) {
  EXPECT_THAT(hang_report(R"({"spin":true})").fault.frames, Contains(in_function("spin_for_ever")));
}

TEST_F(Shim, AStoppedEngineHasAStackAndItsStopSignal) {
  const CrashReport report = hang_report(R"({"stop":true})");
  EXPECT_EQ(report.fault.signal, SIGSTOP);
  EXPECT_THAT(report.fault.frames, Contains(in_function("main")));
}

TEST_F(Shim, OfAHangTheThreadThatRunsIsShown) {
  const CrashReport report = hang_report(fault_act("hang in thread"));
  EXPECT_FALSE(report.fault.main_thread);
  EXPECT_THAT(report.fault.frames, Contains(in_function("spin_for_ever")));
}

TEST_F(Shim, AStoppedEngineGoesOnWhenItIsContinued) {
  Traced engine(R"({"stop":true})");
  std::thread wake([&] {
    const std::string path = "/proc/" + std::to_string(engine.process().pid()) + "/stat";
    for (int i = 0; i < 6000; ++i) {
      std::ifstream file(path);
      std::string line;
      std::getline(file, line);
      const size_t at = line.rfind(')');
      // Under a tracer a stopped process is in state 't'.
      if (at != std::string::npos && (line[at + 2] == 't' || line[at + 2] == 'T')) break;
      std::this_thread::sleep_for(milliseconds(10));
    }
    ::kill(engine.process().pid(), SIGCONT);
  });
  EXPECT_EQ(engine.deliver(), "[\"ok\",null,null]");
  wake.join();
}

TEST_F(Shim, AFaultSignalThatSomebodySentIsNotTheEnginesFault) {
  Traced engine(R"({"hang":true})");
  ASSERT_EQ(::kill(engine.process().pid(), SIGSEGV), 0);
  const CrashReport report = engine.report();
  EXPECT_EQ(engine.end().signal, SIGSEGV);
  // From inside of a namespace of processes, who is outside has no number.
  EXPECT_THAT(report.fault.sender, AnyOf(Optional(::getpid()), Optional(0)));
  EXPECT_FALSE(report.fault.sent_by_itself);
  const StepOutcome outcome = outcome_of_end(engine.end(), {}, {}, {}, ExitReader());
  EXPECT_TRUE(std::get<StepCrashed>(outcome).end.sent);
}

TEST_F(Shim, AnAbortOfItsOwnIsTheEnginesFault) {
  Traced engine(fault_act("abort"));
  static_cast<void>(engine.report());
  const StepOutcome outcome = outcome_of_end(engine.end(), {}, {}, {}, ExitReader());
  EXPECT_FALSE(std::get<StepCrashed>(outcome).end.sent);
}

// Whoever stops it: the engine's end is told to its tracer first, but not for ever.
TEST_F(Shim, AStoppedShimDoesNotHoldUpTheEnginesEnd) {
  Traced engine(R"({"exit":17})");
  ASSERT_EQ(::kill(engine.tracer(), SIGSTOP), 0);
  EXPECT_EQ(engine.deliver(), "no answer");
  EXPECT_EQ(engine.end().exit_status, 17);
  EXPECT_TRUE(engine.end().by_itself);
}

TEST_F(Shim, AProgramThatCannotBeExecutedIsNamedAsWithoutIt) {
  const FakeWorkerHome home("");
  WorkerCommand command;
  command.program = home.path() / "script.jsonl";
  command.memory_bytes = 1ULL << 30;
  command.cpu_s = 60;
  command.capture.mode = CaptureMode::kShim;
  try {
    const WorkerProcess process(std::move(command), kNoInterrupt);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kWorker);
    EXPECT_THAT(error.what(), HasSubstr("script.jsonl: Permission denied"));
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(Shim, SpentCpuIsStillALimit) {
  Limits limits;
  limits.cpu_s = 1;
  FakeVat vat(R"({"do":[{"spin":true}]})", limits);
  EXPECT_EQ(vat.deliver(), "limit cpu 1 s of CPU");
}

}  // namespace shim_test
}  // namespace recrank
