#include "base/scratch_dir.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/fd.h"

namespace recrank {
namespace scratch_dir_test {

namespace fs = std::filesystem;

// Another process that has made one, until it is killed.
class Owner {
 public:
  Owner() {
    Pipe told = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      const ScratchDir held;
      write_all(told.write_end.get(), held.path().string() + "\n", "pipe");
      ::pause();
    }
    std::string path(4096, '\0');
    path.resize(read_some(told.read_end.get(), path.data(), path.size(), "pipe"));
    path.pop_back();
    path_ = path;
    std::ofstream(path_ / "file") << "content";
  }
  ~Owner() { kill(); }
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;

  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] fs::path lock() const { return path_.string() + ".lock"; }

 private:
  pid_t pid_ = -1;
  fs::path path_;
};

class ScratchDirs : public testing::Test {
 protected:
  ScratchDirs() {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", own_.path().c_str(), 1);
  }
  ~ScratchDirs() override {
    if (before_) ::setenv("TMPDIR", before_->c_str(), 1);
    else ::unsetenv("TMPDIR");
  }

  ScratchDir own_;
  std::optional<std::string> before_;
};

TEST_F(ScratchDirs, AreGoneWithTheirOwner) {
  fs::path path;
  {
    const ScratchDir scratch;
    path = scratch.path();
    EXPECT_TRUE(fs::is_empty(path));
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  }
  EXPECT_TRUE(fs::is_empty(own_.path()));
}

TEST_F(ScratchDirs, OfAKilledProcessAreRemovedByALaterOneAndThoseInUseAreNot) {
  Owner killed;
  const Owner living;
  killed.kill();
  EXPECT_TRUE(fs::exists(killed.path() / "file"));
  remove_abandoned_scratch_dirs();
  EXPECT_FALSE(fs::exists(killed.path()));
  EXPECT_FALSE(fs::exists(killed.lock()));
  EXPECT_TRUE(fs::exists(living.path() / "file"));
}

TEST_F(ScratchDirs, ThatAreNotRecranksAreLeftAlone) {
  Owner killed;
  killed.kill();
  std::ofstream(killed.lock()) << "of something else\n";
  for (const char* name : {"recrank-mywork", "recrank-issues"}) {
    fs::create_directory(own_.path() / name);
    std::ofstream(own_.path() / name / "notes") << "precious";
  }
  std::ofstream(own_.path() / "recrank-issues.lock") << "";
  remove_abandoned_scratch_dirs();
  EXPECT_TRUE(fs::exists(killed.path() / "file"));
  EXPECT_TRUE(fs::exists(own_.path() / "recrank-mywork" / "notes"));
  EXPECT_TRUE(fs::exists(own_.path() / "recrank-issues" / "notes"));
}

}  // namespace scratch_dir_test
}  // namespace recrank
