#include "harness/report/difference_report.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace difference_report_test {

std::string shown(std::string_view expected, std::string_view got) {
  return difference_text(expected, got, find_difference(expected, got), {}, "  ");
}

TEST(DifferenceReport, ShowsShortValuesWholeAndSaysHowFarNumbersAreApart) {
  EXPECT_EQ(shown("11891648", "11891129"),
            "  expected  11891648\n"
            "  got       11891129 (−519)\n");
  EXPECT_EQ(shown(R"(["set","k","14 "])", R"(["set","k","14"])"),
            "  expected  [\"set\",\"k\",\"14 \"]\n"
            "  got       [\"set\",\"k\",\"14\"]\n"
            "  at        [2]: expected \"14 \", got \"14\"\n");
}

TEST(DifferenceReport, ElidesWhatIsEqualAndCountsIt) {
  const std::string front(2000, 'a');
  const std::string text = shown(front + "1" + front, front + "2" + front);
  EXPECT_EQ(text, "  expected  … 1,960 equal bytes …" + std::string(40, 'a') + "1" +
                      std::string(40, 'a') + "… 1,960 equal bytes …\n" +
                      "  got       … 1,960 equal bytes …" + std::string(40, 'a') + "2" +
                      std::string(40, 'a') + "… 1,960 equal bytes …\n");
}

TEST(DifferenceReport, NamesWhatOnlyOneSideHas) {
  EXPECT_EQ(shown(R"({"a":{"x":1}})", R"({"a":{"y":1}})"),
            "  expected  {\"a\":{\"x\":1}}\n"
            "  got       {\"a\":{\"y\":1}}\n"
            "  at        a: only expected has x; only got has y\n");
}

TEST(DifferenceReport, ShowsNoControlCharactersOfStrangers) {
  const std::string text = shown("\x1b[2J", "\x1b[3J\xff");
  EXPECT_EQ(printable_lines(text), text);
}

TEST(DifferenceReport, HoldsBothValuesAgainstNothingWhereThereIsNoDifference) {
  EXPECT_EQ(difference_text("a", "b", std::nullopt, {"A", "B"}, ""), "A  a\nB  b\n");
}

TEST(DifferenceReport, InJsonHasThePathAndTheDeltaAsText) {
  const auto found = find_difference("[90071992547409930001]", "[90071992547409930000]");
  ASSERT_TRUE(found);
  EXPECT_EQ(
      json_text(difference_json(*found, {"a", "b"})),
      R"({"path":"[0]","byte":20,"a":"90071992547409930001","b":"90071992547409930000","delta":"-1"})");
}

TEST(DifferenceReport, PutsCallsSideBySide) {
  const Windows both{{0, "aa", 0, true}, {0, "bb", 0, true}, 0};
  const std::vector<CallRow> rows{{CallRowKind::kEqual, 0, 14, {}},
                                  {CallRowKind::kWrong, 14, 1, both},
                                  {CallRowKind::kExtra, 15, 1, both},
                                  {CallRowKind::kMissing, 15, 1, both},
                                  {CallRowKind::kNotSeen, 16, 3, {}}};
  EXPECT_EQ(calls_text(rows, {}, "  "),
            "  call      expected                  got\n"
            "   0..13  = 14 equal calls\n"
            "      14  ! aa                      ! bb\n"
            "      15                            + bb\n"
            "      15  - aa\n"
            "  16..18    3 calls, not looked at\n");
  EXPECT_EQ(calls_json(rows, {}).size(), 5U);
  EXPECT_EQ(calls_text({}, {}, "  "), "");
}

}  // namespace difference_report_test
}  // namespace recrank
