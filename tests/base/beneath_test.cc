#include "base/beneath.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace beneath_test {

namespace fs = std::filesystem;

class BeneathBothWays : public testing::TestWithParam<Beneath::Way> {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "a/b");
    std::ofstream(root_ / "a/b/file") << "inside";
    std::ofstream(scratch_.path() / "outside") << "outside";
    fs::create_directory_symlink("a", root_ / "to-a");
    fs::create_directory_symlink(scratch_.path(), root_ / "out");
    fs::create_symlink(scratch_.path() / "outside", root_ / "a/link");
  }
  [[nodiscard]] std::string read(const fs::path& path) const {
    const auto fd = Beneath(root_, GetParam()).open_file(path);
    if (!fd) return "a link";
    std::string text(100, '\0');
    text.resize(read_some(fd->get(), text.data(), text.size(), "it"));
    return text;
  }

  const ScratchDir scratch_;
  const fs::path root_ = scratch_.path() / "root";
};

TEST_P(BeneathBothWays, OpensWhatLiesThere) {
  EXPECT_EQ(read("a/b/file"), "inside");
  EXPECT_EQ(Beneath(root_, GetParam()).by_parts(), GetParam() == Beneath::Way::kByParts);
}

TEST_P(BeneathBothWays, GoesThroughNoLinkAtTheEndAndNoneOnTheWay) {
  EXPECT_EQ(read("a/link"), "a link");
  EXPECT_EQ(read("to-a/b/file"), "a link");
  EXPECT_EQ(read("out/outside"), "a link");
  const Beneath beneath(root_, GetParam());
  EXPECT_FALSE(beneath.open_directory("out"));
  EXPECT_FALSE(beneath.open_directory("to-a/b"));
  EXPECT_TRUE(beneath.open_directory("a/b"));
  EXPECT_TRUE(beneath.open_directory(""));
}

TEST_P(BeneathBothWays, SaysWhatElseFails) {
  EXPECT_THROW((void)read("a/nothing"), Error);
  EXPECT_THROW((void)read("a/b/file/x"), Error);
  EXPECT_THROW((void)read("a"), Error);
  EXPECT_THROW(Beneath(root_ / "nothing", GetParam()), Error);
}

TEST_P(BeneathBothWays, StaysInItsDirectoryWhenAnotherOneGetsItsName) {
  const Beneath beneath(root_, GetParam());
  fs::rename(root_, scratch_.path() / "moved");
  fs::create_directories(root_ / "a/b");
  std::ofstream(root_ / "a/b/file") << "another";
  const auto fd = beneath.open_file("a/b/file");
  ASSERT_TRUE(fd);
  std::string text(6, '\0');
  read_exactly_at(fd->get(), text.data(), text.size(), 0, "it");
  EXPECT_EQ(text, "inside");
}

INSTANTIATE_TEST_SUITE_P(Ways, BeneathBothWays,
                         testing::Values(Beneath::Way::kBest, Beneath::Way::kByParts));

}  // namespace beneath_test
}  // namespace recrank
