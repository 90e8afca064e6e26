#include "replay/process/worker_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "replay/agoric/netstring.h"
#include "replay/process/program_words.h"
#include "tests/support/replay/fake_worker_home.h"

namespace recrank {
namespace worker_process_test {

using namespace agoric;

using std::chrono::milliseconds;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

const Interrupt kNoInterrupt;

WorkerCommand command_of(const FakeWorkerHome& home) {
  WorkerCommand command;
  command.program = home.path() / "xsnap-worker";
  command.arguments = {"v1:test"};
  command.memory_bytes = 6ULL << 30;
  command.cpu_s = 60;
  return command;
}

std::string script_with(const std::string& act) { return "{\"do\":[" + act + "]}"; }

// What a worker answers to its first delivery, as far as it answers.
std::string first_result(WorkerProcess& process) {
  NetstringReader reader(process.reply_fd(), 1 << 20);
  if (write_netstring(process.command_fd(), {"?[\"deliver\",[]]"}) != WriteStatus::kWritten ||
      reader.next() != FrameStatus::kFrame) {
    return "no answer";
  }
  const std::string_view payload = reader.payload();
  return std::string(payload.substr(payload.find('\x01') + 1));
}

std::string inspect(const std::string& what, WorkerCommand command, const FakeWorkerHome& home) {
  home.write("script.jsonl", script_with("{\"inspect\":\"" + what + "\"}"));
  WorkerProcess process(std::move(command), kNoInterrupt);
  return first_result(process);
}

std::string inspect(const std::string& what) {
  const FakeWorkerHome home("");
  return inspect(what, command_of(home), home);
}

bool exists(pid_t pid) { return std::filesystem::exists("/proc/" + std::to_string(pid)); }

size_t open_descriptors() {
  const std::filesystem::directory_iterator fds("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(fds), end(fds)));
}

TEST(WorkerProcess, HasTheDescriptorsOfTheProtocolAndNoOthers) {
  EXPECT_EQ(inspect("fds"), "[\"ok\",[0,1,2,3,4,7]]");
  const FakeWorkerHome home("");
  home.write("heap", "fake heap 0\n");
  WorkerCommand command = command_of(home);
  command.heap = open_for_read(home.path() / "heap");
  EXPECT_EQ(inspect("fds", std::move(command), home), "[\"ok\",[0,1,2,3,4,7,8]]");
}

TEST(WorkerProcess, DoesNotInheritWhatOthersHaveOpen) {
  const FakeWorkerHome home("");
  WorkerProcess other(command_of(home), kNoInterrupt);
  const int careless = ::dup(1);  // not close-on-exec
  EXPECT_EQ(inspect("fds"), "[\"ok\",[0,1,2,3,4,7]]");
  ::close(careless);
}

TEST(WorkerProcess, HasAFixedEnvironment) {
  EXPECT_EQ(inspect("environment"), "[\"ok\",[\"PATH=/usr/bin:/bin\",\"LANG=C\"]]");
}

TEST(WorkerProcess, RunsUnderItsLimits) {
  EXPECT_EQ(inspect("limits"),
            "[\"ok\",{\"as\":6442450944,\"cpu\":60,\"core\":0,\"fsize\":67108864,\"nofile\":64}]");
}

// What a program of the system prints of itself.
std::string printed(const std::string& program, std::vector<std::string> arguments,
                    bool maps_files) {
  WorkerCommand command;
  command.program = program;
  command.arguments = std::move(arguments);
  command.memory_bytes = 1ULL << 30;
  command.maps_files = maps_files;
  command.cpu_s = 60;
  WorkerProcess process(std::move(command), kNoInterrupt);
  process.finish(milliseconds(20'000));
  return process.output_tail();
}

TEST(WorkerProcess, FilesThatItMapsDoNotCountWhereItIsToMapThem) {
  const std::string usual = printed("/usr/bin/cat", {"/proc/self/limits"}, false);
  EXPECT_THAT(usual, testing::ContainsRegex("Max address space +1073741824"));
  EXPECT_THAT(usual, testing::ContainsRegex("Max data size +unlimited"));
  const std::string mapping = printed("/usr/bin/cat", {"/proc/self/limits"}, true);
  EXPECT_THAT(mapping, testing::ContainsRegex("Max address space +unlimited"));
  EXPECT_THAT(mapping, testing::ContainsRegex("Max data size +1073741824"));
}

TEST(ProgramWords, AProgramThatMustWriteToAnswerHasADirectoryForIt) {
  if (containment_had().landlock_abi == 0) GTEST_SKIP() << "this kernel has no Landlock";
  ProgramQuestion question{.program = "/usr/bin/cp", .arguments = {"-v", "/proc/version", "here"}};
  EXPECT_EQ(ask_program(question, kNoInterrupt), std::nullopt);
  question.writes = true;
  EXPECT_THAT(ask_program(question, kNoInterrupt).value_or("refused"), HasSubstr("here"));
}

TEST(WorkerProcess, LeadsItsOwnGroup) { EXPECT_EQ(inspect("group"), "[\"ok\",true]"); }

TEST(WorkerProcess, HasNoNetwork) {
  EXPECT_EQ(inspect("network"), "[\"ok\",\"Operation not permitted\"]");
}

TEST(WorkerProcess, CannotFork) {
  EXPECT_EQ(inspect("fork"), "[\"ok\",\"Operation not permitted\"]");
}

TEST(WorkerProcess, CannotWriteFiles) {
  if (containment_had().landlock_abi == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_THAT(inspect("write"), testing::AnyOf("[\"ok\",\"Read-only file system\"]",
                                               "[\"ok\",\"Permission denied\"]"));
}

TEST(WorkerProcess, RunsInAScratchDirectoryThatVanishes) {
  const FakeWorkerHome home(script_with(R"({"inspect":"cwd"})"));
  std::string directory;
  {
    WorkerProcess process(command_of(home), kNoInterrupt);
    directory = first_result(process).substr(7);
    directory = directory.substr(0, directory.find('"'));
    EXPECT_TRUE(std::filesystem::is_directory(directory)) << directory;
  }
  EXPECT_FALSE(std::filesystem::exists(directory)) << directory;
}

TEST(WorkerProcess, IsLaidOutAlikeWithoutRandomisation) {
  const FakeWorkerHome home("");
  std::string first;
  for (int i = 0; i < 3; ++i) {
    WorkerCommand command = command_of(home);
    command.aslr = false;
    const std::string maps = inspect("maps", std::move(command), home);
    if (i == 0) first = maps;
    EXPECT_EQ(maps, first);
  }
}

TEST(WorkerProcess, EndsByItselfWhenItsCommandsAreClosed) {
  const FakeWorkerHome home(R"({"on":"exit","do":[{"exit":15}]})");
  WorkerProcess process(command_of(home), kNoInterrupt);
  process.close_commands();
  const WorkerEnd& end = process.finish(milliseconds(5000));
  EXPECT_TRUE(end.by_itself);
  EXPECT_EQ(end.exit_status, 15);
  EXPECT_FALSE(exists(process.pid()));
  EXPECT_EQ(process.finish(milliseconds(0)).exit_status, 15);
}

// A recorder whose engine is dead still writes.
TEST(WorkerProcess, LeavesARecorderTheTimeThatItNeedsToClose) {
  const FakeWorkerHome home("");
  WorkerCommand command = command_of(home);
  command.program = "/usr/bin/sleep";
  command.arguments = {"0.3"};
  command.closing = milliseconds(10'000);
  WorkerProcess process(std::move(command), kNoInterrupt);
  EXPECT_TRUE(process.finish(milliseconds(1)).by_itself);
}

TEST(WorkerProcess, IsKilledByItsDestructor) {
  const FakeWorkerHome home(R"({"on":"start","do":[{"hang_deaf":true}]})");
  const size_t descriptors = open_descriptors();
  pid_t pid = 0;
  {
    const WorkerProcess process(command_of(home), kNoInterrupt);
    pid = process.pid();
    EXPECT_TRUE(exists(pid));
  }
  EXPECT_FALSE(exists(pid));
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(WorkerProcess, OutlivesTheThreadThatStartedIt) {
  const FakeWorkerHome home("");
  std::optional<WorkerProcess> process;
  std::thread([&] { process.emplace(command_of(home), kNoInterrupt); }).join();
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(first_result(*process), "[\"ok\",null,null]");
}

// The grandchild leaves the group where it may; the reader must not wait for its copy of the pipe.
TEST(WorkerProcess, TakesItsChildrenWithIt) {
  const FakeWorkerHome home(script_with(R"({"grandchild":true},{"exit":9})"));
  WorkerCommand command = command_of(home);
  command.sandbox.may_fork = true;
  WorkerProcess process(std::move(command), kNoInterrupt);
  process.limit_step(30);
  const auto begin = Clock::now();
  EXPECT_EQ(first_result(process), "no answer");
  const WorkerEnd& end = process.finish(milliseconds(0));
  EXPECT_EQ(end.exit_status, 9);
  EXPECT_TRUE(end.by_itself);
  EXPECT_LT(Clock::now() - begin, milliseconds(2000));
}

TEST(WorkerProcess, KeepsTheEndOfWhatItPrints) {
  const FakeWorkerHome home(
      script_with(R"({"print":{"text":"0123456789","times":20000}},{"print":{"text":"last"}})"));
  WorkerProcess process(command_of(home), kNoInterrupt);
  EXPECT_EQ(first_result(process), "[\"ok\",null,null]");
  process.close_commands();
  process.finish(milliseconds(5000));
  const std::string tail = process.output_tail();
  EXPECT_EQ(tail.size(), size_t{64} << 10);
  EXPECT_TRUE(tail.ends_with("0123456789last"));
}

TEST(WorkerProcess, IsNotHeldUpByAFloodOnStdout) {
  const FakeWorkerHome home(script_with(R"({"print":{"text":"flood\n","times":0}})"));
  WorkerProcess process(command_of(home), kNoInterrupt);
  process.limit_step(0.3);
  EXPECT_EQ(first_result(process), "no answer");
  EXPECT_EQ(process.finish(milliseconds(0)).reason, KillReason::kStepWall);
  EXPECT_LE(process.output_tail().size(), size_t{64} << 10);
}

TEST(WorkerProcess, IsKilledSoonAfterItsDeadline) {
  const FakeWorkerHome home(script_with(R"({"hang":true})"));
  for (const bool whole_run : {false, true}) {
    WorkerProcess process(command_of(home), kNoInterrupt);
    const auto begin = Clock::now();
    if (whole_run) {
      process.limit_run(0.2);
    } else {
      process.limit_step(0.2);
    }
    EXPECT_EQ(first_result(process), "no answer");
    const auto taken = Clock::now() - begin;
    EXPECT_GE(taken, milliseconds(200));
    EXPECT_LT(taken, milliseconds(2000));  // 230 are usual; the machine may be busy
    EXPECT_EQ(process.finish(milliseconds(0)).reason,
              whole_run ? KillReason::kWall : KillReason::kStepWall);
  }
}

TEST(WorkerProcess, IsKilledByAnInterrupt) {
  const FakeWorkerHome home(script_with(R"({"hang":true})"));
  Interrupt interrupt;
  WorkerProcess process(command_of(home), interrupt);
  std::thread ctrl_c([&] {
    std::this_thread::sleep_for(milliseconds(100));
    interrupt.request();
  });
  EXPECT_EQ(first_result(process), "no answer");
  EXPECT_EQ(process.finish(milliseconds(0)).reason, KillReason::kInterrupted);
  ctrl_c.join();
}

TEST(WorkerProcess, SaysThatItWasNotKilledWhenItDiedFirst) {
  const FakeWorkerHome home(script_with(R"({"signal":11})"));
  WorkerProcess process(command_of(home), kNoInterrupt);
  process.limit_step(0.1);
  EXPECT_EQ(first_result(process), "no answer");
  std::this_thread::sleep_for(milliseconds(200));
  const WorkerEnd& end = process.finish(milliseconds(1000));
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_EQ(end.reason, KillReason::kNone);
}

TEST(WorkerProcess, MeasuresWhatItUses) {
  const FakeWorkerHome home(script_with(R"({"spin":true})"));
  WorkerProcess process(command_of(home), kNoInterrupt);
  process.limit_step(0.3);
  EXPECT_EQ(first_result(process), "no answer");
  process.finish(milliseconds(0));
  EXPECT_GT(process.usage().peak_rss_bytes, 1U << 20);
  EXPECT_GT(process.usage().cpu_s, 0.02);
}

TEST(WorkerProcess, NamesAProgramThatCannotRun) {
  const FakeWorkerHome home("");
  WorkerCommand command = command_of(home);
  command.program = home.path() / "script.jsonl";
  const size_t descriptors = open_descriptors();
  try {
    const WorkerProcess process(std::move(command), kNoInterrupt);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kWorker);
    EXPECT_THAT(error.what(), HasSubstr("script.jsonl: Permission denied"));
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

}  // namespace worker_process_test
}  // namespace recrank
