#include "snapshot/io/utf16.h"

#include <gtest/gtest.h>

namespace recrank {
namespace utf16_test {

using namespace std::string_view_literals;

std::string decoded(std::string_view stored) {
  std::string text;
  return decode_utf16z(stored, text) ? text : "refused";
}

TEST(Utf16, DecodesWhatMdbDumpShows) {
  // Key and value of a real record: docs/formats/kerneldb-lmdb-2021.md.
  EXPECT_EQ(decoded("v\0001\0.\0t\0.\0n\0e\0x\0t\0I\0D\0\0\0"sv), "v1.t.nextID");
  EXPECT_EQ(decoded("3\0006\0002\0\0\0"sv), "362");
  EXPECT_EQ(decoded("\0\0"sv), "");
}

TEST(Utf16, DecodesEveryLengthOfUtf8) {
  EXPECT_EQ(decoded("\xe7\0\x03\x26\x34\xd8\x1e\xdd\0\0"sv), "ç☃𝄞");
}

TEST(Utf16, KeepsLoneSurrogates) {
  EXPECT_EQ(decoded("\x34\xd8\0\0"sv), "\xed\xa0\xb4");                      // high at the end
  EXPECT_EQ(decoded("\x1e\xdd\x34\xd8\0\0"sv), "\xed\xb4\x9e\xed\xa0\xb4");  // low before high
}

TEST(Utf16, RefusesOddLengthAndMissingTerminator) {
  EXPECT_EQ(decoded(""), "refused");
  EXPECT_EQ(decoded("\0"sv), "refused");
  EXPECT_EQ(decoded("a\0"sv), "refused");
  EXPECT_EQ(decoded("a\0\0"sv), "refused");
}

TEST(Utf16, EncodingIsUndoneByDecoding) {
  for (const std::string_view text :
       {""sv, "v1.t.0"sv, "Façade – ☃ 𝄞"sv, "\xed\xa0\xb4 alone"sv, "\0 inside"sv}) {
    EXPECT_EQ(decoded(encode_utf16z(text).value()), text);
  }
}

TEST(Utf16, EncodingRefusesWhatIsNotUtf8) {
  for (const std::string_view text : {"\xff"sv, "\xc3"sv, "\xc0\x80"sv, "\xe2\x98"sv,
                                      "\xf5\x80\x80\x80"sv, "\xe0\x80\x80"sv, "\x80"sv}) {
    EXPECT_EQ(encode_utf16z(text), std::nullopt);
  }
}

}  // namespace utf16_test
}  // namespace recrank
