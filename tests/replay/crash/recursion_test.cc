#include "replay/crash/recursion.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace recrank {
namespace recursion_test {

// One letter for each function, innermost first; what is found as "1..4 6..9".
std::string found_in(const std::string& functions) {
  const std::vector<uint64_t> numbers(functions.begin(), functions.end());
  std::string text;
  for (const Recursion& each : recursions_of(std::span<const uint64_t>(numbers))) {
    text += (text.empty() ? "" : " ") + std::to_string(each.begin) + ".." +
            std::to_string(each.end - 1);
  }
  return text;
}

TEST(Recursion, IsWhereFunctionsComeBackToThemselves) {
  EXPECT_EQ(found_in("abcd"), "");
  EXPECT_EQ(found_in("aab"), "0..1");
  EXPECT_EQ(found_in("xaaab"), "1..3");
  EXPECT_EQ(found_in("ababc"), "0..3");
  EXPECT_EQ(found_in(""), "");
}

TEST(Recursion, TakesInWhatStandsBetweenWhateverTheOrder) {
  EXPECT_EQ(found_in("abacabbc-"), "0..7");
  EXPECT_EQ(found_in("abcbdc-e"), "1..5");
}

TEST(Recursion, IsToldApartFromAnotherOne) { EXPECT_EQ(found_in("mmlmcnrxrxr-"), "0..3 6..10"); }

TEST(Recursion, OfFramesGoesByTheirNames) {
  std::vector<Frame> frames(4);
  frames[0].function = "mark.part.0";
  frames[1].function = "list";
  frames[2].function = "mark";
  frames[3].module = "bun";
  const auto found = recursions_of(std::span<const Frame>(frames));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].begin, 0U);
  EXPECT_EQ(found[0].end, 3U);
}

}  // namespace recursion_test
}  // namespace recrank
