#include "replay/difference/decoded_json.h"

#include <gtest/gtest.h>

#include <string>

#include "replay/agoric/capdata.h"

namespace recrank {
namespace decoded_json_test {

std::string decoded(std::string_view text) { return decoded_json(text, agoric::json_of_string); }

TEST(DecodedJson, PutsTheJsonOfStringsInTheirPlaces) {
  EXPECT_EQ(decoded(R"({"body":"#[\"issue\",[31]]","slots":[]})"),
            R"({"body":["issue",[31]],"slots":[]})");
  EXPECT_EQ(decoded(R"(["vatstoreSet","k","{\"v\":{\"body\":\"#\\\"+5\\\"\",\"slots\":[]}}"])"),
            R"(["vatstoreSet","k",{"v":{"body":"+5","slots":[]}}])");
}

TEST(DecodedJson, LeavesAllElseAsItIsSpelt) {
  const std::string text = R"([ 1.0e3, "\u00fc", 123456789012345678901234567890, {"a":1,"a":2} ])";
  EXPECT_EQ(decoded(text), R"([1.0e3,"\u00fc",123456789012345678901234567890,{"a":1,"a":2}])");
  EXPECT_EQ(decoded(R"(["#undefined","#{","{x}"])"), R"(["#undefined","#{","{x}"])");
  EXPECT_EQ(decoded("no \x01 JSON"), "no \x01 JSON");
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded(std::string(5000, '[')), std::string(5000, '['));
}

TEST(DecodedJson, ReadsTwoLevelsAndNoMore) {
  EXPECT_EQ(decoded(R"(["[\"[\\\"[1]\\\"]\"]"])"), R"([[["[1]"]]])");
}

}  // namespace decoded_json_test
}  // namespace recrank
