#include "base/json_cursor.h"
#include "base/json_number.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace recrank {
namespace json_cursor_test {

TEST(JsonCursor, SlicesMembersAsTheyStandInTheText) {
  JsonCursor cursor(R"( {"d":["message", "o+0"],"n" : 12 ,"e":{}} )");
  cursor.enter_object();
  EXPECT_EQ(cursor.next_key(), "d");
  EXPECT_EQ(cursor.raw_value(), R"(["message", "o+0"])");
  EXPECT_EQ(cursor.next_key(), "n");
  EXPECT_EQ(cursor.uint_value(), 12U);
  EXPECT_EQ(cursor.next_key(), "e");
  EXPECT_EQ(cursor.raw_value(), "{}");
  EXPECT_EQ(cursor.next_key(), std::nullopt);
  EXPECT_NO_THROW(cursor.expect_end());
}

class JsonRejects : public testing::TestWithParam<const char*> {};

TEST_P(JsonRejects, TextThatIsNotJson) {
  JsonCursor cursor(GetParam());
  EXPECT_THROW(
      {
        cursor.skip_value();
        cursor.expect_end();
      },
      Error);
}

INSTANTIATE_TEST_SUITE_P(Texts, JsonRejects,
                         testing::Values("", "{", "[1,]", "{\"a\":1,}", "{\"a\"}", "[1 2]",
                                         "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "01", "1.", "-",
                                         "1e", "tru", "nul", "[] []", "\"abc", "{,}", "[,1]",
                                         "+1"));

TEST(JsonCursor, RefusesNestingThatWouldExhaustTheStack) {
  const std::string deep(100'000, '[');
  JsonCursor cursor(deep);
  EXPECT_THROW(cursor.skip_value(), Error);
}

TEST(JsonUnescape, ResolvesEscapesAndSurrogatePairs) {
  EXPECT_EQ(json_unescape(R"("a\n\"\\\/A\u00e9\ud834\udd1e")"), "a\n\"\\/A\u00e9\U0001D11E");
}

TEST(JsonUnescape, KeepsALoneSurrogateApartFromOthers) {
  EXPECT_NE(json_unescape(R"("\ud834")"), json_unescape(R"("\ud835")"));
}

TEST(JsonQuote, IsUndoneByUnescape) {
  const std::string text = "a\"\\\b\f\n\r\t\x01\u00e9";
  EXPECT_EQ(json_unescape(json_quote(text)), text);
}

TEST(JsonEqual, IgnoresOnlySpelling) {
  EXPECT_TRUE(json_equal(R"({"a":1,"b":["x"]})", R"({ "b": ["x"], "a": 1.0 })"));
  EXPECT_FALSE(json_equal(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(json_equal("[1,2]", "[2,1]"));
  EXPECT_FALSE(json_equal("\"1\"", "1"));
  EXPECT_FALSE(json_equal("null", "false"));
  EXPECT_FALSE(json_equal("[1,2]", "[1,2,3]"));
  EXPECT_FALSE(json_equal("[", "]"));
}

TEST(JsonEqual, TellsNumbersApartThatNoDoubleTellsApart) {
  EXPECT_FALSE(json_equal("123456789012345678901123", "123456789012345678901124"));
  EXPECT_FALSE(json_equal("9007199254740993.0", "9007199254740992.0"));
  EXPECT_FALSE(json_equal("1e400", "2e400"));
  EXPECT_FALSE(json_equal("1e-400", "0"));
  EXPECT_FALSE(json_equal("-0", "0"));
  EXPECT_FALSE(json_equal("1e99999999999999999999", "1e99999999999999999998"));
}

TEST(JsonEqual, TakesEverySpellingOfOneNumber) {
  for (const char* one : {"100", "1e2", "1E+2", "100.000", "10000e-2", "0.1e3"}) {
    EXPECT_TRUE(json_equal("100", one)) << one;
  }
  EXPECT_TRUE(json_equal("-0.00012", "-12e-5"));
  EXPECT_TRUE(json_equal("-0.0", "-0"));
  EXPECT_TRUE(json_equal("1e60", "10e59"));
}

TEST(JsonEqual, CountsAKeyThatIsThereTwice) {
  EXPECT_FALSE(json_equal(R"({"a":1,"a":2})", R"({"a":2})"));
  EXPECT_FALSE(json_equal(R"({"a":1,"a":2})", R"({"a":2,"a":1})"));
}

TEST(JsonNumber, IsOneTextForOneNumberAndShort) {
  EXPECT_EQ(json_number("1.50"), "1.5");
  EXPECT_EQ(json_number("150e-2"), "1.5");
  EXPECT_EQ(json_number("0.5"), "0.5");
  EXPECT_EQ(json_number("00"), "0");
  EXPECT_EQ(json_number("1e1000000000"), "1e1000000000");
  EXPECT_EQ(json_number("12345678901234567890123"), "12345678901234567890123");
}

}  // namespace json_cursor_test
}  // namespace recrank
