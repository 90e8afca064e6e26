#include "base/file_mode.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace file_mode_test {

namespace fs = std::filesystem;

fs::perms mode(unsigned bits) { return static_cast<fs::perms>(bits); }

class FileMode : public testing::Test {
 protected:
  void SetUp() override {
    fs::permissions(scratch_.path(), mode(0755));
    fs::create_directories(scratch_.path() / "home/data");
    std::ofstream(file_) << "x";
    fs::permissions(scratch_.path() / "home", mode(0755));
    fs::permissions(scratch_.path() / "home/data", mode(0755));
    fs::permissions(file_, mode(0644));
  }
  const ScratchDir scratch_;
  const fs::path file_ = scratch_.path() / "home/data/file";
};

TEST_F(FileMode, AFileIsForAllWhenItsModeAndEveryDirectoryOnTheWaySaySo) {
  EXPECT_TRUE(readable_by_all(file_));
  for (const unsigned bits : {0600U, 0640U, 0604U}) {
    fs::permissions(file_, mode(bits));
    EXPECT_FALSE(readable_by_all(file_)) << bits;
  }
  fs::permissions(file_, mode(0644));
  fs::permissions(scratch_.path() / "home", mode(0700));
  EXPECT_FALSE(readable_by_all(file_));
  EXPECT_FALSE(readable_by_all(scratch_.path() / "nothing"));
}

TEST_F(FileMode, ADirectoryIsForAllWhenAllFilesInItAre) {
  EXPECT_TRUE(readable_by_all(scratch_.path() / "home"));
  fs::permissions(file_, mode(0640));
  EXPECT_FALSE(readable_by_all(scratch_.path() / "home"));
}

TEST_F(FileMode, WhatIsForItsOwnerAloneIsSoWhateverTheUmask) {
  const mode_t before = ::umask(0);
  {
    const OwnerOnly owner_only;
    AtomicFile(scratch_.path() / "private").commit();
  }
  AtomicFile(scratch_.path() / "usual").commit();
  ::umask(before);
  EXPECT_EQ(fs::status(scratch_.path() / "private").permissions(), mode(0600));
  EXPECT_EQ(fs::status(scratch_.path() / "usual").permissions(), mode(0666));
}

}  // namespace file_mode_test
}  // namespace recrank
