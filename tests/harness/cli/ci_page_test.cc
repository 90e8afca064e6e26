// docs/ci.md: its snippets are YAML, and its commands are ones that recrank takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/cli/command.h"
#include "harness/scenario/known_findings.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace ci_page_test {

using testing::HasSubstr;
using testing_support::run_program;

std::string page() {
  std::ifstream file(RECRANK_SOURCE_DIR "/docs/ci.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

// The fenced blocks of that language.
std::vector<std::string> blocks(const std::string& language) {
  std::vector<std::string> found;
  std::istringstream lines(page());
  bool wanted = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "```" + language) {
      found.emplace_back();
      wanted = true;
    } else if (line == "```") {
      wanted = false;
    } else if (wanted) {
      found.back() += line + "\n";
    }
  }
  return found;
}

// What a shell would make of a line, with 1 for every variable.
std::vector<std::string> words_of(std::string line) {
  line = std::regex_replace(line, std::regex(R"(\$\{\{[^}]*\}\}|\$[A-Z_]+)"), "1");
  line = std::regex_replace(line, std::regex("\""), "");
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// Lines of the page that call recrank, from that word on.
std::vector<std::string> calls() {
  std::vector<std::string> found;
  for (const char* language : {"yaml", "sh"}) {
    for (const std::string& block : blocks(language)) {
      std::istringstream lines(block);
      for (std::string line; std::getline(lines, line);) {
        std::smatch call;
        if (std::regex_search(line, call, std::regex("^ *(- )?(recrank .*)$")))
          found.push_back(call[2]);
      }
    }
  }
  return found;
}

TEST(CiPage, CallsRecrankWithOptionsThatExist) {
  const std::vector<std::string> found = calls();
  EXPECT_EQ(found.size(), 3U) << "the page has other calls than this test knows";
  for (const std::string& call : found) {
    const std::vector<std::string> words = words_of(call);
    ASSERT_GT(words.size(), 2U) << call;
    const Command& command = words[1] == "run" ? kRunCommand : kScenarioCommand;
    ASSERT_EQ(words[1], command.name) << call;
    ArgumentSpec spec = command.spec();
    EXPECT_NO_THROW(static_cast<void>(Arguments::parse(spec, {words.begin() + 2, words.end()})))
        << call;
  }
}

// The check above can fail.
TEST(CiPage, IsHeldAgainstTheOptionsOfTheCommand) {
  ArgumentSpec spec = kRunCommand.spec();
  EXPECT_THROW(static_cast<void>(Arguments::parse(spec, words_of("scenarios/ --junit-xml x"))),
               Error);
}

TEST(CiPage, HasSnippetsThatAreYaml) {
  if (run_program({"python3", "-c", "import yaml"}).status != 0) GTEST_SKIP() << "no python3-yaml";
  const std::vector<std::string> found = blocks("yaml");
  ASSERT_EQ(found.size(), 2U);
  const ScratchDir scratch;
  for (const std::string& block : found) {
    const std::filesystem::path file = scratch.path() / "job.yml";
    std::ofstream(file) << block;
    const auto ran =
        run_program({"python3", "-c", "import sys,yaml; yaml.safe_load(open(sys.argv[1]))", file});
    EXPECT_EQ(ran.status, 0) << ran.err << block;
  }
}

TEST(CiPage, HasAnExampleOfKnownFindingsThatIsRead) {
  const std::vector<std::string> found = blocks("json");
  ASSERT_EQ(found.size(), 1U);
  const ScratchDir scratch;
  std::ofstream(scratch.path() / "known.json") << found.front();
  EXPECT_EQ(load_known_findings(scratch.path() / "known.json").size(), 1U);
}

}  // namespace ci_page_test
}  // namespace recrank
