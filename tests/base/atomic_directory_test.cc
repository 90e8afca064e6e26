#include "base/atomic_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace atomic_directory_test {

namespace fs = std::filesystem;

class AtomicDirectories : public testing::Test {
 protected:
  [[nodiscard]] fs::path place() const { return scratch_.path() / "made"; }
  [[nodiscard]] size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(scratch_.path()), {}));
  }
  static void fill(const AtomicDirectory& directory) {
    std::ofstream(directory.path() / "file") << "content";
  }

  ScratchDir scratch_;
};

TEST_F(AtomicDirectories, AppearWithAllTheirFiles) {
  AtomicDirectory directory(place());
  fill(directory);
  EXPECT_FALSE(fs::exists(place()));
  directory.commit();
  EXPECT_EQ(fs::file_size(place() / "file"), 7U);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicDirectories, LeaveNothingBehindWithoutACommit) {
  {
    const AtomicDirectory directory(place());
    fill(directory);
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(AtomicDirectories, TakeATrailingSlash) {
  AtomicDirectory directory(place() / "");
  fill(directory);
  directory.commit();
  EXPECT_TRUE(fs::exists(place() / "file"));
}

TEST_F(AtomicDirectories, ReplaceNothing) {
  fs::create_directory(place());
  try {
    const AtomicDirectory directory(place());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
  }
}

TEST_F(AtomicDirectories, ReplaceNothingThatAppearedMeanwhile) {
  {
    AtomicDirectory directory(place());
    fill(directory);
    fs::create_directory(place());  // empty: a plain rename would take its place
    EXPECT_THROW(directory.commit(), Error);
  }
  EXPECT_TRUE(fs::is_empty(place()));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicDirectories, NeedADirectoryToBeIn) {
  try {
    const AtomicDirectory directory(scratch_.path() / "no" / "made");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("/no: no such directory; make it first"));
  }
}

}  // namespace atomic_directory_test
}  // namespace recrank
