#include "harness/engines/engine_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/engines/session_lack.h"

namespace recrank {
namespace engine_registry_test {

using testing::HasSubstr;

TEST(OpenEngine, RefusesAnEngineFileOfAKindThatNoSystemHas) {
  const ScratchDir scratch;
  EngineEntry entry;
  entry.worker = scratch.path() / "e.json";
  std::ofstream(entry.worker) << R"({"schema":"recrank.engine/1","kind":"xsnap","program":"cat"})";
  try {
    static_cast<void>(open_engine(entry));
    ADD_FAILURE() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_THAT(
        error.what(),
        HasSubstr("its kind is none of \"henyey\", \"process\", \"redis\" and \"sqlite3\""));
  }
}

TEST(EngineRegistry, KeepsWhatProcessesAddAtTheSameTime) {
  constexpr int kProcesses = 20;
  const ScratchDir scratch;
  ::setenv("RECRANK_HOME", scratch.path().c_str(), 1);
  std::vector<pid_t> adding;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      EngineEntry entry;
      entry.name = "mine-" + std::to_string(i);
      entry.worker = "/bin/true";
      EngineRegistry::load().add(entry);
      ::_exit(0);
    }
    adding.push_back(pid);
  }
  for (const pid_t pid : adding) ::waitpid(pid, nullptr, 0);
  const EngineRegistry registry = EngineRegistry::load();
  for (int i = 0; i < kProcesses; ++i) {
    EXPECT_EQ(registry.find("mine-" + std::to_string(i)).worker, "/bin/true");
  }
  ::unsetenv("RECRANK_HOME");
}

TEST(EngineRegistry, WritesThroughALinkToItsFile) {
  const ScratchDir scratch;
  ::setenv("RECRANK_HOME", scratch.path().c_str(), 1);
  const auto real = scratch.path() / "dotfiles.json";
  std::ofstream(real) << R"({"schema":"recrank.engines/1","engines":[]})";
  std::filesystem::create_symlink(real, scratch.path() / "engines.json");
  EngineEntry entry;
  entry.name = "mine";
  entry.worker = "/bin/true";
  EngineRegistry::load().add(entry);
  EXPECT_TRUE(std::filesystem::is_symlink(scratch.path() / "engines.json"));
  EXPECT_EQ(EngineRegistry::load().find("mine").worker, "/bin/true");
  ::unsetenv("RECRANK_HOME");
}

// Allows fewer open files for as long as it lives.
class FewOpenFiles {
 public:
  FewOpenFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 100;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewOpenFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewOpenFiles(const FewOpenFiles&) = delete;
  FewOpenFiles& operator=(const FewOpenFiles&) = delete;

 private:
  rlimit before_{};
};

// It is no xsnap worker either; but who has no descriptors to give cannot know that.
TEST(OpenEngine, NamesFirstWhatTheSessionLacks) {
  const ScratchDir scratch;
  EngineEntry entry;
  entry.name = "odd";
  entry.worker = "/bin/true";
  const FewOpenFiles few;
  EXPECT_EQ(session_lack(), "100 open files, of which 256 are wanted (ulimit -n)");
  try {
    static_cast<void>(open_engine(entry));
    ADD_FAILURE() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("this session has 100 open files, of which"));
    EXPECT_EQ(error.code(), ErrorCode::kIo);
  }
}

}  // namespace engine_registry_test
}  // namespace recrank
