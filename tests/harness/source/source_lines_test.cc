#include "harness/source/source_lines.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/scratch_dir.h"

namespace recrank {
namespace source_lines_test {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

TEST(SourceLines, TwoLinesOnEitherSideAsFarAsThereAre) {
  const std::string text = "one\ntwo\nthree\nfour\nfive\nsix";
  const auto middle = excerpt_of(text, 3);
  ASSERT_TRUE(middle);
  EXPECT_EQ(middle->first_line, 1U);
  EXPECT_EQ(middle->lines, (Lines{"one", "two", "three", "four", "five"}));
  EXPECT_EQ(excerpt_of(text, 1)->lines, (Lines{"one", "two", "three"}));
  EXPECT_EQ(excerpt_of(text, 6)->lines, (Lines{"four", "five", "six"}));
  EXPECT_EQ(excerpt_of(text, 6)->first_line, 4U);
}

TEST(SourceLines, ALineThatIsNotThereHasNone) {
  EXPECT_FALSE(excerpt_of("one\ntwo", 3));
  EXPECT_FALSE(excerpt_of("one\ntwo", 0));
  EXPECT_FALSE(excerpt_of("", 2));
  EXPECT_TRUE(excerpt_of("one", 1));
}

class Checkout : public testing::Test {
 protected:
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((root() / path).parent_path());
    std::ofstream(root() / path) << text;
  }
  [[nodiscard]] fs::path root() const { return scratch_.path() / "checkout"; }

  ScratchDir scratch_;
};

TEST_F(Checkout, TheLongestEndOfThePathThatIsAFileIsMeant) {
  write("ledger.js", "wrong\n");
  write("vats/ledger.js", "right\n");
  const auto found = excerpt_of_checkout(root(), ".../vats/ledger.js", 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, (root() / "vats/ledger.js").string());
  EXPECT_EQ(found->lines.front(), "right");
  EXPECT_EQ(excerpt_of_checkout(root(), ".../other/ledger.js", 1)->lines.front(), "wrong");
  EXPECT_FALSE(excerpt_of_checkout(root(), ".../vats/bank.js", 1));
}

TEST_F(Checkout, NothingOutsideOfItIsShown) {
  write("vats/ok.js", "x\n");
  std::ofstream(scratch_.path() / "secret.js") << "secret\n";
  fs::create_symlink(scratch_.path() / "secret.js", root() / "vats" / "link.js");
  fs::create_directories(root() / "vats" / "directory.js");
  EXPECT_FALSE(excerpt_of_checkout(root(), ".../vats/link.js", 1));
  EXPECT_FALSE(excerpt_of_checkout(root(), "vats/../../secret.js", 1));
  EXPECT_FALSE(excerpt_of_checkout(root(), (scratch_.path() / "secret.js").string(), 1));
  EXPECT_FALSE(excerpt_of_checkout(root(), "vats/directory.js", 1));
  EXPECT_FALSE(excerpt_of_checkout(root(), "", 1));
}

}  // namespace source_lines_test
}  // namespace recrank
