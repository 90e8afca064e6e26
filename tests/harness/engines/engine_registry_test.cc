#include "harness/engines/engine_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

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
