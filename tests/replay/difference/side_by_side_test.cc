#include "replay/judge/side_by_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace recrank {
namespace side_by_side_test {

using testing::ElementsAre;
using Calls = std::vector<std::string_view>;

std::vector<std::string> rows(size_t before, const Calls& made, const Calls& recorded,
                              AlignExtent extent) {
  std::vector<std::string> out;
  for (const CallRow& row :
       side_by_side(before, made, recorded, align_calls(made, recorded, extent))) {
    constexpr std::string_view kMarks = "=!+-?*";
    out.push_back(std::string(1, kMarks[static_cast<size_t>(row.kind)]) +
                  std::to_string(row.index) + "x" + std::to_string(row.count) + " " +
                  row.shown.expected.text + "|" + row.shown.got.text);
  }
  return out;
}

TEST(SideBySide, FoldsRunsOfEqualCalls) {
  EXPECT_THAT(rows(14, {"X", "c", "d"}, {"b", "c", "d"}, AlignExtent::kWholeStep),
              ElementsAre("=0x14 |", "!14x1 b|X", "=15x2 |"));
}

TEST(SideBySide, ShowsWhatIsExtraAndWhatIsMissingInItsPlace) {
  EXPECT_THAT(rows(0, {"new", "a", "c"}, {"a", "b", "c"}, AlignExtent::kWholeStep),
              ElementsAre("+0x1 |new", "=0x1 |", "-1x1 b|", "=2x1 |"));
}

TEST(SideBySide, SaysWhichRecordedCallsWereNotLookedAt) {
  EXPECT_THAT(rows(1, {"X"}, {"a", "b", "c"}, AlignExtent::kSoFar),
              ElementsAre("=0x1 |", "!1x1 a|X", "?2x2 |"));
}

TEST(SideBySide, CountsWhatIsTooMuchToShow) {
  const Calls made(100, "m");
  const Calls recorded(100, "r");
  const auto found = rows(0, made, recorded, AlignExtent::kWholeStep);
  ASSERT_EQ(found.size(), kCallRowsMax + 1);
  EXPECT_EQ(found.back(), "*24x76 |");
}

}  // namespace side_by_side_test
}  // namespace recrank
