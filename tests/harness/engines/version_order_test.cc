#include "harness/engines/version_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace recrank {
namespace version_order_test {

using testing::ElementsAreArray;

// Sorted from the reverse and from the order of bytes: both must give the list as it stands.
void expect_order(const std::vector<std::string>& names) {
  std::vector<std::string> shuffled(names.rbegin(), names.rend());
  std::sort(shuffled.begin(), shuffled.end(), version_less);
  EXPECT_THAT(shuffled, ElementsAreArray(names));
  std::sort(shuffled.begin(), shuffled.end());
  std::sort(shuffled.begin(), shuffled.end(), version_less);
  EXPECT_THAT(shuffled, ElementsAreArray(names));
}

TEST(VersionOrder, CountsNumbersAsNumbers) {
  expect_order({"bun-1.3.9", "bun-1.3.10", "bun-1.3.10.1", "bun-1.12", "bun-2"});
  expect_order({"v9", "v10", "v99999999999999999999998", "v99999999999999999999999"});
}

TEST(VersionOrder, PutsAPreReleaseBeforeItsRelease) {
  expect_order({"supervisor-0.9.1-dev-0db9680.0", "supervisor-0.10.2",
                "supervisor-0.10.3-dev-9f8a76e.0", "supervisor-0.10.3-u11wf.0",
                "supervisor-0.10.3-u12.0", "supervisor-0.10.3-u14.0", "supervisor-0.10.3",
                "supervisor-0.11.0-u22.2", "supervisor-0.11.0"});
  expect_order(
      {"1.0.0-alpha", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"});
}

TEST(VersionOrder, SeesNoReleaseInANameWithoutVersion) {
  expect_order({"engine", "engine-2", "engine-2-fast"});
}

TEST(VersionOrder, IsTotalOverAllShortNames) {
  std::vector<std::string> names{""};
  const std::string letters = "01.-+a";
  for (size_t from = 0, length = 0; length < 4; ++length) {
    const size_t to = names.size();
    for (; from < to; ++from) {
      for (const char c : letters) names.push_back(names[from] + c);
    }
  }
  // A sorted row in which every pair stands in order: no two equal, no circle.
  std::sort(names.begin(), names.end(), version_less);
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < names.size(); ++j) {
      ASSERT_EQ(version_less(names[i], names[j]), i < j) << names[i] << " | " << names[j];
    }
  }
}

}  // namespace version_order_test
}  // namespace recrank
