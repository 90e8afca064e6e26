// The rules of docs/architecture.md that a compiler does not hold: read from the sources.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace tidy_test {

namespace fs = std::filesystem;

const fs::path kRoot = RECRANK_SOURCE_DIR;
// Each layer may include itself and what stands before it.
const std::vector<std::string> kLayers{"base", "snapshot", "replay", "harness"};

std::vector<fs::path> sources_of(const std::string& directory) {
  std::vector<fs::path> sources;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / directory)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".h" || extension == ".cc") sources.push_back(entry.path());
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

size_t layer_index(const std::string& name) {
  return static_cast<size_t>(std::find(kLayers.begin(), kLayers.end(), name) - kLayers.begin());
}

class Layer : public testing::TestWithParam<std::string> {};

TEST_P(Layer, IncludesOnlyItselfAndLayersBelow) {
  const std::regex include(R"re(^\s*#\s*include\s+"([^"/]+)/)re");
  const auto sources = sources_of(GetParam());
  ASSERT_FALSE(sources.empty());
  size_t own_includes = 0;
  for (const fs::path& source : sources) {
    for (const std::string& line : lines_of(source)) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      ++own_includes;
      EXPECT_LE(layer_index(match[1]), layer_index(GetParam())) << source << ": " << line;
    }
  }
  EXPECT_GT(own_includes, 0U);
}

TEST_P(Layer, HasShortFiles) {
  constexpr size_t kLinesMax = 500;
  for (const fs::path& source : sources_of(GetParam())) {
    EXPECT_LE(lines_of(source).size(), kLinesMax) << source << ": split it";
  }
}

TEST_P(Layer, HasGuardedHeaders) {
  for (const fs::path& source : sources_of(GetParam())) {
    if (source.extension() != ".h") continue;
    const auto lines = lines_of(source);
    EXPECT_NE(std::find(lines.begin(), lines.end(), "#pragma once"), lines.end()) << source;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Layer, testing::ValuesIn(kLayers),
                         [](const auto& each) { return each.param; });

// pattern -> the only files that may match it, and why.
struct Confinement {
  const char* pattern;
  std::vector<std::string> allowed_prefixes;
  const char* reason;
};

// docs/adding-a-system.md promises it.
TEST(Tidy, ASystemOfItsOwnCostsAtMostThreeHundredLines) {
  size_t lines = 0;
  for (const char* file : {"snapshot/redis/redis_aof.h", "snapshot/redis/redis_aof.cc",
                           "replay/redis/redis_engine.h", "replay/redis/redis_engine.cc"}) {
    const size_t of_file = lines_of(kRoot / file).size();
    EXPECT_GT(of_file, 0U) << file;
    lines += of_file;
  }
  EXPECT_LE(lines, 330U);
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
      for (const fs::path& source : sources_of(layer)) {
        const std::string name = fs::relative(source, kRoot).string();
        const bool allowed =
            std::any_of(rule.allowed_prefixes.begin(), rule.allowed_prefixes.end(),
                        [&](const std::string& prefix) { return name.rfind(prefix, 0) == 0; });
        if (allowed) continue;
        for (const std::string& line : lines_of(source)) {
          EXPECT_FALSE(std::regex_search(line, pattern)) << name << ": " << line << "\n"
                                                         << rule.reason;
        }
      }
    }
  }
}

}  // namespace tidy_test
