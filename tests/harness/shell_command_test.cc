#include "harness/shell_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace {

using testing::HasSubstr;

const Interrupt kNoInterrupt;

TEST(ShellCommand, GivesStatusOutputAndLastWords) {
  const auto end = run_shell({"echo out; echo err >&2; exit 7", {}, {}, {}}, kNoInterrupt);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 7);
  EXPECT_EQ(end->out, "out\n");
  EXPECT_THAT(end->last_words, HasSubstr("err"));
}

TEST(ShellCommand, PassesArgumentsAsTheyAreAndAddsToTheEnvironment) {
  const ScratchDir directory;
  const auto end = run_shell({"printf '%s|' \"$PWD\" \"$COLOUR\"; printf '%s|'", {"a b", "$HOME", "'"},
                              directory.path(), {{"COLOUR", "blue green"}}}, kNoInterrupt);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->out, directory.path().string() + "|blue green|a b|$HOME|'|");
}

TEST(ShellCommand, ReplacesAVariableThatIsThereAlready) {
  const auto end = run_shell({"printf %s \"$PATH\" | tr : '\\n' | /usr/bin/head -n 1", {}, {}, {{"PATH", "/mine:/usr/bin:/bin"}}},
                             kNoInterrupt);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->out, "/mine\n");
}

TEST(ShellCommand, KeepsOnlyTheEndOfWhatACommandWrites) {
  const auto end = run_shell({"head -c 1000000 /dev/zero | tr '\\0' x; echo end; head -c 100000 /dev/zero >&2", {}, {}, {}},
                             kNoInterrupt);
  ASSERT_TRUE(end);
  EXPECT_LE(end->out.size(), 65536U);
  EXPECT_TRUE(end->out.ends_with("xend\n"));
  EXPECT_LT(end->last_words.size(), 10000U);
}

TEST(ShellCommand, TellsOfASignalAsAShellDoes) {
  EXPECT_EQ(run_shell({"kill -SEGV $$", {}, {}, {}}, kNoInterrupt)->status, 139);
  EXPECT_EQ(run_shell({"no-such-command-at-all", {}, {}, {}}, kNoInterrupt)->status, 127);
}

TEST(ShellCommand, EndsWithAllThatItStartedWhenInterrupted) {
  Interrupt interrupt;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    interrupt.request();
  });
  const auto end = run_shell({"sleep 1000 & sleep 1000", {}, {}, {}}, interrupt);
  later.join();
  EXPECT_FALSE(end);
}

TEST(ShellCommand, SaysThatItsDirectoryIsNotThere) {
  EXPECT_THROW(static_cast<void>(run_shell({"true", {}, "/no/such/place", {}}, kNoInterrupt)), Error);
}

}  // namespace
}  // namespace recrank
