#include "harness/engines/child_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace child_command_test {

using testing::HasSubstr;

ChildEnd shell(const std::string& script, const std::vector<std::string>& arguments = {},
               size_t kept = 1000) {
  ChildCommand command;
  command.words = shell_words(script, "test", arguments);
  command.output_bytes = kept;
  command.error_bytes = kept;
  const Interrupt never;
  return run_child(command, never);
}

TEST(ChildCommand, GivesBothOutputsAndTheStatus) {
  const ChildEnd end = shell("echo \"out $1\"; echo err >&2; exit 7", {"a b"});
  EXPECT_EQ(end.output, "out a b\n");
  EXPECT_EQ(end.errors, "err\n");
  EXPECT_EQ(end.exit_status, 7);
  EXPECT_EQ(ending_of(end), "status 7");
  EXPECT_FALSE(end.output_cut);
}

TEST(ChildCommand, TellsTheSignalThatEndedIt) {
  const ChildEnd end = shell("kill -TERM $$");
  EXPECT_EQ(end.exit_status, -1);
  EXPECT_THAT(ending_of(end), HasSubstr("signal 15"));
}

TEST(ChildCommand, KeepsTheEndOfAFlood) {
  const ChildEnd end = shell("yes 0123456789 | head -c 20000000; echo; echo last");
  EXPECT_EQ(end.output.size(), 1000U);
  EXPECT_TRUE(end.output_cut);
  EXPECT_EQ(last_line(end.output), "last");
}

TEST(ChildCommand, WorksWhereItIsToldWithTheVariablesItIsGiven) {
  const ScratchDir scratch;
  ::setenv("RECRANK_TEST_KEPT", "kept", 1);
  ::setenv("RECRANK_TEST_GONE", "there", 1);
  ::setenv("RECRANK_TEST_NEW", "old", 1);
  ChildCommand command;
  command.words = shell_words(
      "pwd -P; echo \"$RECRANK_TEST_KEPT,${RECRANK_TEST_GONE-gone},$RECRANK_TEST_NEW\"; cat", "x",
      {});
  command.directory = scratch.path();
  command.environment = {{"RECRANK_TEST_NEW", "new"}};
  command.without = {"RECRANK_TEST_GONE"};
  command.output_bytes = 1000;
  const Interrupt never;
  const ChildEnd end = run_child(command, never);
  EXPECT_EQ(end.output, std::filesystem::canonical(scratch.path()).string() + "\nkept,gone,new\n");
}

TEST(ChildCommand, SaysWhetherTheProgramOrThePlaceIsMissing) {
  const Interrupt never;
  ChildCommand command;
  command.words = {"recrank-no-such-program"};
  EXPECT_EQ(run_child(command, never).exit_status, 127);
  command.words = {"true"};
  command.directory = "/proc/nonexistent";
  EXPECT_THROW(static_cast<void>(run_child(command, never)), Error);
}

// Gone, or waiting to be reaped by whoever inherited it. A signal takes a moment.
bool is_soon_gone(const std::string& pid) {
  const auto lives = [&] {
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string line;
    if (!std::getline(stat, line)) return false;
    const char state = line.at(line.rfind(')') + 2);
    return state != 'Z' && state != 'X';
  };
  for (int tries = 0; lives() && tries < 1000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return !lives();
}

TEST(ChildCommand, EndsWithAllItStartedWhenInterrupted) {
  const ScratchDir scratch;
  const auto file = scratch.path() / "pid";
  Interrupt interrupt;
  ChildCommand command;
  command.words = shell_words("sleep 1000 & echo $! > \"$1\"; wait", "x", {file.string()});
  std::thread asks([&] {
    std::string word;
    while (!(std::ifstream(file) >> word)) std::this_thread::yield();
    interrupt.request();
  });
  const ChildEnd end = run_child(command, interrupt);
  asks.join();
  EXPECT_TRUE(end.interrupted);
  std::string pid;
  std::ifstream(file) >> pid;
  EXPECT_TRUE(is_soon_gone(pid));
}

TEST(ChildCommand, EndsWithAllItStartedWhenRecrankIsKilled) {
  const ScratchDir scratch;
  const auto file = scratch.path() / "pid";
  const pid_t recrank = ::fork();
  if (recrank == 0) {
    ChildCommand command;
    command.words = shell_words("sleep 1000 & echo $! > \"$1\"; wait", "x", {file.string()});
    const Interrupt never;
    static_cast<void>(run_child(command, never));
    ::_exit(0);
  }
  std::string pid;
  while (!(std::ifstream(file) >> pid)) std::this_thread::yield();
  ::kill(recrank, SIGKILL);
  ::waitpid(recrank, nullptr, 0);
  EXPECT_TRUE(is_soon_gone(pid));
}

TEST(ChildCommand, DoesNotWaitForWhoHoldsItsOutputOpen) {
  // The one that left the group keeps the pipe; waiting for its end would take 1000 seconds.
  const ChildEnd end = shell("setsid sleep 1000 & echo $!");
  EXPECT_EQ(end.exit_status, 0);
  const int left = std::stoi(end.output);
  EXPECT_GT(left, 0);
  ::kill(left, SIGKILL);
}

TEST(LastLine, IsTheLastThatSaysSomething) {
  EXPECT_EQ(last_line("a\n  b c \r\n\n \n"), "b c");
  EXPECT_EQ(last_line("only"), "only");
  EXPECT_EQ(last_line(" \n\n"), "");
  EXPECT_EQ(last_line(""), "");
}

}  // namespace child_command_test
}  // namespace recrank
