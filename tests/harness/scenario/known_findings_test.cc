#include "harness/scenario/known_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace known_findings_test {

using testing::HasSubstr;

class KnownFindings : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path write(const std::string& text) const {
    const auto file = directory_.path() / "known.json";
    std::ofstream(file, std::ios::trunc) << text;
    return file;
  }
  [[nodiscard]] std::string refusal(const std::string& text) const {
    try {
      static_cast<void>(load_known_findings(write(text)));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      return error.what();
    }
    return "accepted";
  }

  ScratchDir directory_;
};

TEST_F(KnownFindings, AreFoundByTheFirstSignatureThatMatches) {
  const auto known = load_known_findings(write(R"({"schema":"recrank.known/1","findings":[
    {"signature":"SIGSEGV jump-to-null bun-1.3.13@*","issue":"bun#29547","url":"https://example.org/1","note":"regexp"},
    {"signature":"SIGSEGV *","issue":"any"}]})"));
  ASSERT_EQ(known.size(), 2U);
  const auto first = find_known(known, "SIGSEGV jump-to-null bun-1.3.13@bf2e2cec+0x1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->issue, "bun#29547");
  EXPECT_EQ(first->note, "regexp");
  EXPECT_EQ(find_known(known, "SIGSEGV null f")->issue, "any");
  EXPECT_FALSE(find_known(known, "SIGABRT f"));
  EXPECT_FALSE(find_known(known, ""));
}

std::string page(const std::string& name) {
  std::ifstream file(std::filesystem::path(RECRANK_SOURCE_DIR) / "docs" / name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What stands between `before` and the next `after` in `text`.
std::string between(const std::string& text, const std::string& before, char after) {
  const size_t at = text.find(before);
  EXPECT_NE(at, std::string::npos) << before;
  return text.substr(at + before.size(), text.find(after, at + before.size()) - at - before.size());
}

// The measured crash of Bun 1.3.13 is the example of three pages.
TEST_F(KnownFindings, PatternsThatTheDocsShowMatchTheSignatureThatTheDocsMeasured) {
  const std::string begin = "SIGSEGV jump-to-null bun@";
  const std::string measured = begin + between(page("crashes.md"), "`" + begin, '`');
  for (const char* name : {"ci.md", "formats/scenario.md"}) {
    const std::string pattern = between(page(name), "\"signature\": \"", '"');
    EXPECT_TRUE(matches_pattern(pattern, measured)) << name << ": " << pattern;
  }
  const std::string shown = begin + between(page("crash-signatures.md"), begin, '\n');
  EXPECT_TRUE(measured.starts_with(shown)) << shown;
}

TEST_F(KnownFindings, NameTheLineOfWhatIsWrong) {
  const std::string head = "{\"schema\":\"recrank.known/1\",\n\"findings\":[\n";
  EXPECT_THAT(refusal(head + "{\"signature\":\"S f\"}]}"),
              HasSubstr("known.json:3: a finding needs an \"issue\""));
  EXPECT_THAT(refusal(head + "{\"signature\":\"S f\",\"issue\":\"1\"},\n{\"issue\":\"2\"}]}"),
              HasSubstr("known.json:4: a finding needs a \"signature\""));
  EXPECT_THAT(refusal(head + "{\"signature\":\"S f\",\n\"issue\":7}]}"),
              HasSubstr("known.json:4: issue is not a string"));
  EXPECT_THAT(refusal(head + "{\"signature\":\"S f\",\"issue\":\"1\",\n\"isue\":\"2\"}]}"),
              HasSubstr("known.json:4: unknown member \"isue\""));
  EXPECT_THAT(refusal(head + "{\"signature\":\"**\",\"issue\":\"1\"}]}"),
              HasSubstr("would make every finding known"));
  EXPECT_THAT(refusal("{\"findings\":[]}"), HasSubstr("its schema is not recrank.known/1"));
  EXPECT_THAT(refusal("{\"schema\":\"recrank.known/1\"}"), HasSubstr("no list"));
  EXPECT_THAT(refusal(head + "{\"signature\":]}"), HasSubstr("known.json"));
  EXPECT_THAT(refusal(""), HasSubstr("known.json"));
}

TEST(Pattern, LetsAStarStandForAnyText) {
  EXPECT_TRUE(matches_pattern("", ""));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("a*c", "abbbc"));
  EXPECT_TRUE(matches_pattern("a*c", "ac"));
  EXPECT_TRUE(matches_pattern("*b*b*", "abcbd"));
  EXPECT_TRUE(matches_pattern("a*bc", "abcbc"));
  EXPECT_FALSE(matches_pattern("a*c", "abcd"));
  EXPECT_FALSE(matches_pattern("a", "ab"));
  EXPECT_FALSE(matches_pattern("ab", "a"));
  EXPECT_FALSE(matches_pattern("", "a"));
}

TEST(Pattern, OfManyStarsIsDecidedQuickly) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(20'000, 'a')));
}

}  // namespace known_findings_test
}  // namespace recrank
