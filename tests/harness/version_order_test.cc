#include "harness/version_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace recrank {
namespace {

const std::vector<std::string> kInOrder{
    "0.9.1-dev-0db9680.0", "0.10.2",          "0.10.3-dev-9f8a76e.0",   "0.10.3-u11wf.0", "0.10.3-u12.0",
    "0.10.3-u13.0",        "0.11.0-u22.2",    "0.11.0",                 "1.3.9",          "1.3.10",
    "1.3.13-canary.2",     "1.3.13-canary.10", "1.3.13",                "1.3.13.1",       "1.10.0"};

TEST(VersionOrder, PutsReleasesAsAPersonWould) {
  std::vector<std::string> shuffled = kInOrder;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(7));
  std::sort(shuffled.begin(), shuffled.end(), version_less);
  EXPECT_EQ(shuffled, kInOrder);
}

TEST(VersionOrder, IsStrictAndTotalOverAllPairsOfNames) {
  std::mt19937 random(3);
  const std::string characters = "01a-.9";
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) {
    std::string name;
    for (size_t length = random() % 6; length > 0; --length) name += characters[random() % characters.size()];
    names.push_back(name);
  }
  for (const auto& a : names) {
    EXPECT_FALSE(version_less(a, a)) << a;
    for (const auto& b : names) {
      EXPECT_EQ(version_less(a, b) || version_less(b, a), a != b) << a << " " << b;
      EXPECT_FALSE(version_less(a, b) && version_less(b, a)) << a << " " << b;
      for (const auto& c : names) {
        if (version_less(a, b) && version_less(b, c)) {
          EXPECT_TRUE(version_less(a, c)) << a << " " << b << " " << c;
        }
      }
    }
  }
}

TEST(VersionOrder, CountsLeadingZerosAsNothing) {
  EXPECT_TRUE(version_less("1.02", "1.3"));
  EXPECT_TRUE(version_less("v99999999999999999999998", "v99999999999999999999999"));
}

}  // namespace
}  // namespace recrank
