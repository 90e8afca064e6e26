#include "replay/difference/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "replay/agoric/capdata.h"
#include "replay/difference/decimal_delta.h"

namespace recrank {
namespace difference_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

Difference of(std::string_view expected, std::string_view got) {
  const auto found = find_difference(expected, got, agoric::json_of_string);
  EXPECT_TRUE(found.has_value());
  return found.value_or(Difference{});
}

std::string nested(size_t depth, const std::string& inside) {
  return std::string(depth, '[') + inside + std::string(depth, ']');
}

TEST(Difference, OfEqualBytesIsNone) {
  EXPECT_FALSE(find_difference("", ""));
  EXPECT_FALSE(find_difference("[1]", "[1]"));
}

TEST(Difference, LeadsIntoTheBodyOfCapdataToTheBigintAndSaysHowFarItIs) {
  const Difference found = of(
      R"(["resolve",[["p+7",false,{"body":"#{\"allocations\":{\"Minted\":{\"value\":\"+11891648\"}}}","slots":[]}]]])",
      R"(["resolve",[["p+7",false,{"body":"#{\"allocations\":{\"Minted\":{\"value\":\"+11891129\"}}}","slots":[]}]]])");
  EXPECT_EQ(found.path, "[1][0][2].body.allocations.Minted.value");
  EXPECT_EQ(found.shown.expected.text, R"("+11891648")");
  EXPECT_EQ(found.shown.got.text, R"("+11891129")");
  EXPECT_EQ(found.delta, "-519");
}

TEST(Difference, ReadsTheOlderCapdataAndStoredCapdataWithinIt) {
  EXPECT_EQ(of(R"({"body":"{\"@qclass\":\"bigint\",\"digits\":\"12\"}"})",
               R"({"body":"{\"@qclass\":\"bigint\",\"digits\":\"10\"}"})")
                .path,
            "body.digits");
  const Difference stored =
      of(R"(["vatstoreSet","vom.o+10/1","{\"count\":{\"body\":\"#\\\"+7\\\"\",\"slots\":[]}}"])",
         R"(["vatstoreSet","vom.o+10/1","{\"count\":{\"body\":\"#\\\"+9\\\"\",\"slots\":[]}}"])");
  EXPECT_EQ(stored.path, "[2].count.body");
  EXPECT_EQ(stored.delta, "+2");
}

TEST(Difference, WithoutTheSystemsWordAStringIsAString) {
  const auto found = find_difference(R"({"body":"#[1]"})", R"({"body":"#[2]"})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "body");
  EXPECT_EQ(found->shown.got.text, R"("#[2]")");
}

TEST(Difference, NamesKeysAndElementsThatOneSideLacks) {
  const Difference keys = of(R"({"a":{"x":1,"y":2}})", R"({"a":{"y":2,"z z":3}})");
  EXPECT_EQ(keys.path, "a");
  EXPECT_THAT(keys.only_expected, ElementsAre("x"));
  EXPECT_THAT(keys.only_got, ElementsAre("z z"));
  const Difference elements = of("[1,2]", "[1,2,3,4]");
  EXPECT_EQ(elements.path, "");
  EXPECT_THAT(elements.only_got, ElementsAre("[2]", "[3]"));
}

TEST(Difference, OfManyNamesTellsTheFirstAndHowManyThereAre) {
  std::string many = "[0";
  for (int i = 1; i < 100'000; ++i) many += ",0";
  const Difference found = of("[]", many + "]");
  EXPECT_THAT(found.only_got, SizeIs(9));
  EXPECT_EQ(found.only_got.back(), "… 99,992 more");
}

TEST(Difference, HoldsTheSecondOfTwoKeysOfOneNameAgainstTheSecond) {
  EXPECT_EQ(of(R"({"a":1,"a":2})", R"({"a":1,"a":5})").delta, "+3");
  EXPECT_THAT(of(R"({"a":1,"a":2})", R"({"a":1})").only_expected, ElementsAre("a"));
}

TEST(Difference, PassesOverTheOrderOfKeysAndTheSpellingOfNumbers) {
  const Difference found = of(R"({"a":1.0,"b":[1,2]})", R"({"b":[1,3],"a":1})");
  EXPECT_EQ(found.path, "b[1]");
  EXPECT_EQ(found.delta, "+1");
  const Difference spelt = of(R"({"a":1,"b":2})", R"({"b":2,"a":1})");
  EXPECT_TRUE(spelt.same_value);
  EXPECT_EQ(spelt.path, "");
  const Difference inside = of(R"(["s","{\"a\":1,\"b\":2}"])", R"(["s","{\"b\":2,\"a\":1}"])");
  EXPECT_TRUE(inside.same_value);
  EXPECT_EQ(inside.path, "[1]");
}

TEST(Difference, TellsNumbersApartThatNoDoubleDoes) {
  EXPECT_EQ(of("[9007199254740992]", "[9007199254740993]").delta, "+1");
  EXPECT_EQ(of("[1e400]", "[2e400]").path, "[0]");
  EXPECT_EQ(of("[0]", "[-0]").path, "[0]");
  EXPECT_EQ(of("[1.5]", "[2.5]").delta, "");
  EXPECT_EQ(of("11891648", "11891129").delta, "-519");
}

TEST(Difference, OfTextThatIsNoJsonShowsTheWindowOnly) {
  const std::string front(1000, 'a');
  const Difference found = of(front + "X" + front, front + "YY" + front);
  EXPECT_EQ(found.path, "");
  EXPECT_EQ(found.whole.byte, 1000U);
  EXPECT_EQ(found.whole.expected.before, 960U);
  EXPECT_THAT(found.whole.expected.text, HasSubstr("aXa"));
  EXPECT_THAT(found.whole.got.text, HasSubstr("aYYa"));
  EXPECT_EQ(found.whole.expected.after, 960U);
  EXPECT_EQ(found.whole.got.after, 960U);
  EXPECT_TRUE(found.whole.got.after_equal);
}

TEST(Difference, NeverCutsASequenceOfUtf8) {
  std::string front;
  for (int i = 0; i < 300; ++i) front += "ü€😀";
  for (size_t shift = 0; shift < 9; ++shift) {
    const std::string a = std::string(shift, 'x') + front + "ä" + front;
    const std::string b = std::string(shift, 'x') + front + "ö" + front;  // one byte of two differs
    const Difference found = of(a, b);
    for (const Window* each : {&found.whole.expected, &found.whole.got}) {
      EXPECT_NE(static_cast<unsigned char>(each->text.front()) & 0xC0, 0x80);
      const std::string whole = each == &found.whole.expected ? a : b;
      const size_t behind = each->before + each->text.size();
      ASSERT_LT(behind, whole.size());
      EXPECT_NE(static_cast<unsigned char>(whole[behind]) & 0xC0, 0x80);
    }
  }
}

TEST(Difference, TakesBytesThatAreNoUtf8AsTheyStand) {
  const std::string rubbish(5000, '\x80');
  const Difference found = of(rubbish + "\xff" + rubbish, rubbish + "\xfe" + rubbish);
  EXPECT_EQ(found.whole.byte, 5000U);
  EXPECT_LE(found.whole.got.text.size(), kWindowBytes + 32);
  EXPECT_EQ(of("[\"\x80\"]", "[\"\xff\"]").path, "[0]");
}

TEST(Difference, OfAStrangersKeyShowsNoControlCharacters) {
  const Difference found = of("{\"\\u001b[2J\":1}", "{\"\\u001b[2J\":2}");
  EXPECT_EQ(found.path, "[\"\\x1b[2J\"]");
}

TEST(Difference, FollowsDeepNestingAndStopsAtWhatIsTooDeep) {
  EXPECT_THAT(of(nested(500, "1"), nested(500, "2")).path, StartsWith("[0][0][0]"));
  EXPECT_LE(of(nested(500, "1"), nested(500, "2")).path.size(), 610U);
  EXPECT_EQ(of(nested(5000, "1"), nested(5000, "2")).path, "");
}

TEST(Difference, OfJsonInStringsInStringsEnds) {
  std::string a = "[1]";
  std::string b = "[2]";
  for (int i = 0; i < 12; ++i) {
    for (std::string* each : {&a, &b}) {
      std::string quoted = "[\"";
      for (const char c : *each)
        quoted += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
      *each = quoted + "\"]";
    }
  }
  EXPECT_EQ(of(a, b).path, "[0][0][0][0][0]");
}

TEST(Difference, OfMegabytesIsFoundWithoutDwelling) {
  const std::string large(3 << 20, 'v');
  const Difference shallow = of(R"(["set",{"a":")" + large + R"(x","b":1}])",
                                R"(["set",{"a":")" + large + R"(y","b":1}])");
  EXPECT_EQ(shallow.path, "[1].a");
  EXPECT_EQ(shallow.shown.got.before + 41, large.size() + 1 + 0 + 1);
  EXPECT_LE(shallow.shown.got.text.size(), kWindowBytes + 32);
}

TEST(Difference, OfHostileNestingGivesUpTheWayAndNotTheDifference) {
  const std::string large(1 << 18, 'v');
  const Difference found = of(nested(500, "\"" + large + "x\""), nested(500, "\"" + large + "y\""));
  EXPECT_EQ(found.path, "");
  EXPECT_EQ(found.whole.byte, 500 + 1 + large.size());
}

TEST(DecimalDelta, IsExactAndOfWholeNumbersOnly) {
  EXPECT_EQ(decimal_delta("5", "5"), "");
  EXPECT_EQ(decimal_delta("0", "-7"), "-7");
  EXPECT_EQ(decimal_delta("-7", "+7"), "+14");
  EXPECT_EQ(decimal_delta("-7", "-9"), "-2");
  EXPECT_EQ(decimal_delta("-9", "-7"), "+2");
  EXPECT_EQ(decimal_delta("100000000000000000000000000001", "99999999999999999999999999999"), "-2");
  EXPECT_EQ(decimal_delta("0007", "10"), "+3");
  EXPECT_EQ(decimal_delta("7", "7.5"), "");
  EXPECT_EQ(decimal_delta("", "1"), "");
  EXPECT_EQ(decimal_delta("-", "1"), "");
  EXPECT_EQ(decimal_delta(std::string(101, '1'), "1"), "");
}

}  // namespace difference_test
}  // namespace recrank
