#include "base/json_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace recrank {
namespace json_place_test {

using testing::HasSubstr;

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(JsonPlaces::of(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    return error.what();
  }
  return "none";
}

void expect_at(JsonPlace place, size_t line, size_t column) {
  EXPECT_EQ(place.line, line);
  EXPECT_EQ(place.column, column);
}

TEST(JsonPlaces, AMemberHasThePlaceOfItsKeyAndAnElementThatOfItsValue) {
  const JsonPlaces places = JsonPlaces::of("{\n \"a\": [\n  1,\n    {\"b\":\n 2}\n ]\n}\n");
  expect_at(places.find(""), 1, 1);
  expect_at(places.find("/a"), 2, 2);
  expect_at(places.find("/a/0"), 3, 3);
  expect_at(places.find("/a/1"), 4, 5);
  expect_at(places.find("/a/1/b"), 4, 6);
}

TEST(JsonPlaces, WhatIsNotThereHasThePlaceOfWhatIsAroundIt) {
  const JsonPlaces places = JsonPlaces::of("{\n\"a\":\n{}}");
  expect_at(places.find("/a/b/c"), 2, 1);
  expect_at(places.find("/x"), 1, 1);
}

TEST(JsonPlaces, KeysAreFoundByTheirMeaningNotTheirSpelling) {
  const JsonPlaces places = JsonPlaces::of("{\n\"a/b\":1,\n\"c~d\":2,\n\"\\u0065\":3}");
  expect_at(places.find(json_pointer("", "a/b")), 2, 1);
  expect_at(places.find(json_pointer("", "c~d")), 3, 1);
  expect_at(places.find("/e"), 4, 1);
}

TEST(JsonPlaces, WhatIsNotJsonIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("{\"a\":1\n\"b\":2}"), "2:1: JSON: expected ','");
  EXPECT_EQ(refusal(""), "1:1: JSON: unexpected end");
  EXPECT_EQ(refusal("{}\n x"), "2:2: JSON: text behind the value");
  EXPECT_EQ(refusal("[\n\n tru]"), "3:2: JSON: expected a value");
  EXPECT_EQ(refusal("[1,]"), "1:4: JSON: expected a value");
}

TEST(JsonPlaces, AKeyThatStandsTwiceIsRefusedAlsoWhenItIsSpelledOtherwise) {
  EXPECT_EQ(refusal("{\"a\":1,\n\"a\":2}"), "2:1: JSON: the key \"a\" stands in line 1 already");
  EXPECT_THAT(refusal("{\"a\":1,\n\"\\u0061\":2}"), HasSubstr("stands in line 1 already"));
  EXPECT_EQ(refusal("[{\"a\":1},{\"a\":2}]"), "none");
}

TEST(JsonPlaces, HostileTextIsRefusedInsteadOfFollowed) {
  EXPECT_THAT(refusal(std::string(100'000, '[')), HasSubstr("nesting too deep"));
  EXPECT_THAT(refusal("[1e400]"), HasSubstr("1:2: JSON: a number that is too large"));
  EXPECT_EQ(refusal(std::string(kJsonPlaceDepthMax, '[') + std::string(kJsonPlaceDepthMax, ']')),
            "none");
}

}  // namespace json_place_test
}  // namespace recrank
