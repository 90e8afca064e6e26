#include "harness/console/markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recrank {
namespace markdown_test {

using testing::HasSubstr;
using testing::Not;

TEST(Markdown, LeavesNamesReadable) {
  EXPECT_EQ(markdown_text("SIGSEGV null f<g"), "SIGSEGV null f\\<g");
  EXPECT_EQ(markdown_text("bun-1.3.13 f(x)"), "bun-1.3.13 f(x)");
}

TEST(Markdown, TakesTheMeaningFromWhatOthersWrote) {
  const std::string text =
      markdown_text("a|b\n# c <img src=x> `d` [e](http://f) @team **g** ~h~ &lt;");
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  for (const char* risky : {" <img", " `d", " [e", " @team", " **g", " ~h", " &lt"})
    EXPECT_THAT(text, Not(HasSubstr(risky)));
  EXPECT_THAT(text, HasSubstr("a\\|b"));
  EXPECT_EQ(markdown_text("# title").front(), '\\');
  EXPECT_EQ(markdown_text("- item").front(), '\\');
}

TEST(Markdown, PutsAFenceAroundTextThatItCannotBreakOutOf) {
  const std::string block = markdown_block("text", "one\n```\n````\n\x01two");
  EXPECT_TRUE(block.starts_with("`````text\none\n"));
  EXPECT_TRUE(block.ends_with("\n`````\n"));
  EXPECT_THAT(block, HasSubstr("\\x01two"));
}

TEST(Markdown, LinksOnlyToTheWeb) {
  EXPECT_EQ(markdown_url("https://example.org/a?b=1"), "https://example.org/a?b=1");
  for (const char* bad :
       {"javascript:alert(1)", "https://x/) [y](z", "https://x y", "", "file:///etc"}) {
    EXPECT_EQ(markdown_url(bad), "#") << bad;
  }
}

}  // namespace markdown_test
}  // namespace recrank
