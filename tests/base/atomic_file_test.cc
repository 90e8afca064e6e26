#include "base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/atomic_directory.h"
#include "base/error.h"
#include "base/scratch_dir.h"
#include "base/unfinished.h"

namespace recrank {
namespace atomic_file_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Runs `work` in a process of its own and kills it where it waits.
template <typename Work>
void killed_at_work(Work&& work) {
  Pipe ready = make_pipe();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const auto held = work();
    write_all(ready.write_end.get(), "x", "pipe");
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(read_some(ready.read_end.get(), &byte, 1, "pipe"), 1U);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

class AtomicFiles : public testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] fs::path place() const { return scratch_.path() / "report.json"; }
  [[nodiscard]] std::unique_ptr<AtomicFile> begun() const {
    auto file = std::make_unique<AtomicFile>(place());
    if (GetParam()) static_cast<void>(file->temporary_path());  // which gives it a name
    file->write("whole");
    return file;
  }

  ScratchDir scratch_;
};

TEST_P(AtomicFiles, AppearWithACommitAndNotBefore) {
  const auto file = begun();
  EXPECT_FALSE(fs::exists(place()));
  file->commit();
  EXPECT_EQ(content_of(place()), "whole");
  EXPECT_THAT(names_in(scratch_.path()), ElementsAre("report.json"));
}

TEST_P(AtomicFiles, ReplaceWhatIsThere) {
  std::ofstream(place()) << "old";
  begun()->commit();
  EXPECT_EQ(content_of(place()), "whole");
  EXPECT_THAT(names_in(scratch_.path()), ElementsAre("report.json"));
}

TEST_P(AtomicFiles, AsNewReplaceNothingThatAppearedMeanwhile) {
  const auto file = begun();
  std::ofstream(place()) << "precious";
  EXPECT_THROW(file->commit_as_new(), Error);
  EXPECT_EQ(content_of(place()), "precious");
  fs::remove(place());
  begun()->commit_as_new();
  EXPECT_EQ(content_of(place()), "whole");
}

TEST_P(AtomicFiles, WithoutACommitLeaveNothing) {
  static_cast<void>(begun());
  EXPECT_THAT(names_in(scratch_.path()), IsEmpty());
}

TEST_P(AtomicFiles, OfAProcessThatIsKilledAreGoneWithTheNextWrite) {
  killed_at_work([&] { return begun(); });
  static_cast<void>(begun());
  EXPECT_THAT(names_in(scratch_.path()), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Ways, AtomicFiles, testing::Bool());

TEST(AtomicFile, CanBeReadBeforeItIsInPlace) {
  const ScratchDir scratch;
  AtomicFile file(scratch.path() / "report.json");
  file.write("whole");
  EXPECT_EQ(content_of(file.temporary_path()), "whole");
}

TEST(AtomicFile, OfAProcessThatIsKilledIsGoneAtOnce) {
  const ScratchDir scratch;
  killed_at_work([&] { return std::make_unique<AtomicFile>(scratch.path() / "report.json"); });
  EXPECT_THAT(names_in(scratch.path()), IsEmpty());
}

TEST(UnfinishedDirectories, OfAProcessThatIsKilledAreSweptAndThoseUnderWayAreNot) {
  const ScratchDir scratch;
  const fs::path place = scratch.path() / "made";
  killed_at_work([&] { return std::make_unique<AtomicDirectory>(place); });
  ASSERT_EQ(names_in(scratch.path()).size(), 1U);
  const UnfinishedDirectory under_way(place);
  EXPECT_THAT(names_in(scratch.path()), ElementsAre(under_way.path().filename().string()));
  AtomicDirectory(place).commit();
  EXPECT_TRUE(fs::exists(under_way.path()));
}

TEST(UnfinishedDirectories, SweepNothingThatIsNotTheirOwn) {
  const ScratchDir scratch;
  for (const char* name : {"made.incomplete", "made.incomplete-abc", "made.incomplete-abc-ef",
                           "other.incomplete-abcdef", "made.incomplete-abcdefg"}) {
    std::ofstream(scratch.path() / name) << "precious";
  }
  fs::create_symlink(scratch.path(), scratch.path() / "made.incomplete-abcdef");
  const auto before = names_in(scratch.path());
  remove_abandoned(scratch.path() / "made");
  EXPECT_EQ(names_in(scratch.path()), before);
}

}  // namespace atomic_file_test
}  // namespace recrank
