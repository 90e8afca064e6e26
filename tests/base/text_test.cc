#include "base/text.h"

#include <gtest/gtest.h>

namespace recrank {
namespace text_test {

TEST(Printable, LetsTextThroughAsItIs) {
  for (const char* text : {"plain", "Grüße", "日本語", "a\xcc\x81", "→ …", "😀"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ShowsControlsAndBytesThatAreNoTextAsHex) {
  EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");           // CSI as one character
  EXPECT_EQ(printable("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");  // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");           // cut off
}

// Each could make a report look as if it said something else.
TEST(Printable, ShowsWhatCannotBeSeen) {
  const struct {
    const char* what;
    const char* text;
    const char* shown;
  } kinds[] = {
      {"right-to-left override", "\u202e", "\\xe2\\x80\\xae"},
      {"right-to-left isolate", "\u2067", "\\xe2\\x81\\xa7"},
      {"Arabic letter mark", "\u061c", "\\xd8\\x9c"},
      {"zero-width space", "\u200b", "\\xe2\\x80\\x8b"},
      {"zero-width joiner", "\u200d", "\\xe2\\x80\\x8d"},
      {"word joiner", "\u2060", "\\xe2\\x81\\xa0"},
      {"byte order mark", "\ufeff", "\\xef\\xbb\\xbf"},
      {"soft hyphen", "\u00ad", "\\xc2\\xad"},
      {"line separator", "\u2028", "\\xe2\\x80\\xa8"},
      {"paragraph separator", "\u2029", "\\xe2\\x80\\xa9"},
      {"variation selector", "\ufe0f", "\\xef\\xb8\\x8f"},
      {"one of the supplement", "\U000e0100", "\\xf3\\xa0\\x84\\x80"},
      {"tag", "\U000e0041", "\\xf3\\xa0\\x81\\x81"},
      {"Hangul filler", "\u3164", "\\xe3\\x85\\xa4"},
      {"combining grapheme joiner", "\u034f", "\\xcd\\x8f"},
      {"interlinear annotation", "\ufff9", "\\xef\\xbf\\xb9"},
      {"private use", "\ue000", "\\xee\\x80\\x80"},
      {"unassigned", "\u0378", "\\xcd\\xb8"},
  };
  for (const auto& kind : kinds) EXPECT_EQ(printable(kind.text), kind.shown) << kind.what;
}

TEST(Printable, KeepsTheEndsOfLinesWhereThereAreMany) {
  EXPECT_EQ(printable_lines("a\u202eb\r\nc\n"), "a\\xe2\\x80\\xaeb\\x0d\nc\n");
}

TEST(Printable, CutsWhatIsLong) { EXPECT_EQ(printable("abcdef", 3), "abc… (6 bytes)"); }

TEST(Counted, SaysOneOfOneThing) {
  EXPECT_EQ(counted(1, "run"), "1 run");
  EXPECT_EQ(counted(0, "run"), "0 runs");
  EXPECT_EQ(counted_of(0, 1, "run"), "0 of 1 run");
  EXPECT_EQ(counted_of(1, 1200, "run"), "1 of 1,200 runs");
}

}  // namespace text_test
}  // namespace recrank
