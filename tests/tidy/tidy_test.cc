// The rules of docs/architecture.md that a compiler does not hold: read from the sources.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/tidy/tree.h"

namespace recrank::tidy {
namespace tidy_test {

class Layer : public testing::TestWithParam<std::string> {};

TEST_P(Layer, HasShortFiles) {
  const size_t kLinesMax = GetParam() == "tests" ? 600 : 500;
  for (const std::string& source : sources_of(GetParam())) {
    EXPECT_LE(lines_of(source).size(), kLinesMax) << source << ": split it";
  }
}

TEST_P(Layer, HasGuardedHeaders) {
  for (const std::string& source : files_of(GetParam(), {".h"})) {
    const auto lines = lines_of(source);
    EXPECT_NE(std::find(lines.begin(), lines.end(), "#pragma once"), lines.end()) << source;
  }
}

// clang-format breaks all that can be broken; a text that is one word in C++ is what it leaves.
TEST_P(Layer, HasShortLines) {
  constexpr size_t kColumnsMax = 100;
  for (const std::string& source : sources_of(GetParam())) {
    for (const std::string& line : lines_of(source)) {
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      });
      const bool text = line.find('"') != std::string::npos;
      EXPECT_TRUE(text || static_cast<size_t>(columns) <= kColumnsMax) << source << ": " << line;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Layer, testing::ValuesIn(kCode),
                         [](const auto& each) { return each.param; });

// pattern -> the only files that may match it, and why.
struct Confinement {
  const char* pattern;
  std::vector<std::string> allowed_prefixes;
  const char* reason;
};

// docs/adding-a-system.md promises it.
TEST(Tidy, ASystemOfItsOwnCostsAFolderInEachLayerAndALineInTheTable) {
  const std::set<std::string> known{"harness/systems.cc", "harness/CMakeLists.txt",
                                    "snapshot/CMakeLists.txt", "replay/CMakeLists.txt"};
  size_t lines = 0;
  std::set<std::string> mentions;
  for (const std::string& layer : kLayers) {
    for (const std::string& file : files_of(layer, {".h", ".cc", "CMakeLists.txt"})) {
      const bool own = folder_of(file).ends_with("/sqlshell");
      for (const std::string& line : lines_of(file)) {
        if (own && !line.empty() && !file.ends_with(".txt")) ++lines;
        if (!own && line.find("sqlshell") != line.npos) mentions.insert(file);
      }
    }
  }
  EXPECT_GT(lines, 100U);
  EXPECT_LE(lines, 300U);
  EXPECT_EQ(mentions, known);
}

TEST(Tidy, KeepsDangerousThingsInOnePlace) {
  const std::vector<Confinement> rules{
      {R"(#\s*include <boost/process)",
       {"replay/process/worker_process"},
       "its pipes leak; see the ADR"},
      {R"(#\s*include <iostream>)", {"harness/"}, "only the command line prints"},
      {R"(std::(rand|random_device|shuffle|mt19937)\b)",
       {},
       "replays repeat: no hidden randomness"},
      // Redis: only to refuse what hangs on the clock.
      {R"(system_clock)",
       {"replay/redis/redis_engine.cc"},
       "no clock in what two equal runs must report alike"},
  };
  for (const Confinement& rule : rules) {
    const std::regex pattern(rule.pattern);
    for (const std::string& layer : kLayers) {
      for (const std::string& name : sources_of(layer)) {
        const bool allowed =
            std::any_of(rule.allowed_prefixes.begin(), rule.allowed_prefixes.end(),
                        [&](const std::string& prefix) { return name.rfind(prefix, 0) == 0; });
        if (allowed) continue;
        for (const std::string& line : lines_of(name)) {
          EXPECT_FALSE(std::regex_search(line, pattern)) << name << ": " << line << "\n"
                                                         << rule.reason;
        }
      }
    }
  }
}

// --log lists its modules; one that nothing logs to, or that is not listed, misleads.
TEST(Tidy, KnowsTheModulesOfItsLog) {
  const std::regex use(R"re(RECRANK_LOG\(k\w+, "(\w+)")re");
  std::set<std::string> used;
  std::string listed;
  for (const std::string& line : lines_of("harness/cli/log_options.h")) listed += line;
  for (const std::string& layer : kLayers) {
    for (const std::string& file : sources_of(layer)) {
      for (const std::string& line : lines_of(file)) {
        std::smatch match;
        if (line.find("RECRANK_LOG(k") != std::string::npos &&
            std::regex_search(line, match, use)) {
          used.insert(match[1]);
        }
      }
    }
  }
  EXPECT_GT(used.size(), 5U);
  for (const std::string& module : used) {
    EXPECT_NE(listed.find('"' + module + '"'), std::string::npos) << module;
  }
  const size_t begin = listed.find("kLogModules{");
  ASSERT_NE(begin, std::string::npos);
  const std::string list = listed.substr(begin, listed.find('}', begin) - begin);
  const auto quotes = std::count(list.begin(), list.end(), '"');
  EXPECT_EQ(static_cast<size_t>(quotes), 2 * used.size()) << list;
}

}  // namespace tidy_test
}  // namespace recrank::tidy
