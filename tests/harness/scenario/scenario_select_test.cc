#include "harness/scenario/scenario_select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/scenario/scenario_files.h"

namespace recrank {
namespace scenario_select_test {

namespace fs = std::filesystem;
using testing::HasSubstr;

ScenarioEntry entry(const std::string& name, std::vector<std::string> labels) {
  ScenarioEntry entry{name, name + "/scenario.json", Scenario(), {}};
  entry.scenario->labels = std::move(labels);
  return entry;
}

TEST(ScenarioSelect, AShardIsWrittenAsOneOfSoMany) {
  EXPECT_EQ(parse_shard("2/4").index, 2U);
  EXPECT_EQ(parse_shard("2/4").count, 4U);
  for (const char* wrong : {"", "1", "0/4", "5/4", "1/0", "a/b", "1/4/2", "-1/4", "1/99999"}) {
    EXPECT_THROW(static_cast<void>(parse_shard(wrong)), Error) << wrong;
  }
}

TEST(ScenarioSelect, ShardsOfAnyListAreDisjointCompleteAndEven) {
  for (size_t size = 0; size < 20; ++size) {
    for (size_t count = 1; count < 7; ++count) {
      std::multiset<std::string> seen;
      size_t largest = 0;
      size_t smallest = size;
      for (size_t index = 1; index <= count; ++index) {
        std::vector<ScenarioEntry> all;
        for (size_t i = 0; i < size; ++i) all.push_back(entry(std::to_string(i), {}));
        const auto part = take_shard(std::move(all), {index, count});
        for (const ScenarioEntry& each : part) seen.insert(each.name);
        largest = std::max(largest, part.size());
        smallest = std::min(smallest, part.size());
      }
      EXPECT_EQ(seen.size(), size);
      EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), size);
      EXPECT_LE(largest - smallest, 1U);
    }
  }
}

TEST(ScenarioSelect, AFilterIsANameOrALabelAndOneOfSeveralIsEnough) {
  const ScenarioEntry fast = entry("swingset-clean", {"fast", "swingset"});
  EXPECT_TRUE(fits_filter(fast, "swingset-*"));
  EXPECT_TRUE(fits_filter(fast, "label:fast"));
  EXPECT_TRUE(fits_filter(fast, "bun-*,label:swingset"));
  EXPECT_FALSE(fits_filter(fast, "swingset"));
  EXPECT_FALSE(fits_filter(fast, "label:slow,label:fas"));
  EXPECT_FALSE(fits_filter(fast, ""));
}

TEST(ScenarioSelect, OneThatCannotBeReadIsNeverHiddenByALabel) {
  const ScenarioEntry broken{"broken", "broken/scenario.json", {}, "why"};
  EXPECT_TRUE(fits_filter(broken, "label:fast"));
  EXPECT_FALSE(fits_filter(broken, "other"));
}

TEST(ScenarioSelect, TheOrderIsThatOfTheNamesWhateverTheOrderOfThePlaces) {
  const ScratchDir scratch;
  for (const char* name : {"x/c", "y/a", "x/b"}) {
    fs::create_directories(scratch.path() / name);
    std::ofstream(scratch.path() / name / "scenario.json") << "{";
  }
  const auto names = [](const std::vector<ScenarioEntry>& entries) {
    std::string all;
    for (const ScenarioEntry& each : entries) all += each.name;
    return all;
  };
  EXPECT_EQ(names(load_scenarios({scratch.path() / "x", scratch.path() / "y"})), "abc");
  EXPECT_EQ(
      names(load_scenarios({scratch.path() / "y", scratch.path() / "x", scratch.path() / "x/b"})),
      "abc");
  EXPECT_THAT(load_scenarios({scratch.path() / "y"}).front().why,
              HasSubstr("scenario.json:1:2: JSON: unexpected end"));
}

TEST(ScenarioFiles, NamesAreSafeAndNoTwoCasesShareOne) {
  EXPECT_EQ(safe_file_name("v6 on xsnap-0.15.0"), "v6_on_xsnap-0.15.0");
  std::set<std::string> names;
  const std::vector<std::string> hostile{"a/b",
                                         "a-b",
                                         "a b",
                                         "a_b",
                                         "../../etc/passwd",
                                         "",
                                         ".",
                                         "..",
                                         "a\nb",
                                         std::string(5000, 'x'),
                                         std::string(5001, 'x'),
                                         "ä",
                                         "-rf"};
  for (const std::string& text : hostile) {
    const std::string name = safe_file_name(text);
    EXPECT_EQ(name.find_first_of("/\n"), std::string::npos);
    EXPECT_NE(name.front(), '.');
    EXPECT_LT(name.size(), 200U);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), hostile.size());
}

TEST(ScenarioFiles, OnlyWhatThereIsIsWritten) {
  const ScratchDir scratch;
  const auto bare = write_case_files(scratch.path(), "s", "c", {{}, "text", ""});
  EXPECT_EQ(bare, std::vector<std::string>{"s/c.txt"});
  const auto full = write_case_files(scratch.path(), "s", "d", {R"({"a":1})", "text", "aargh"});
  EXPECT_EQ(full, (std::vector<std::string>{"s/d.json", "s/d.txt", "s/d.last-words.txt"}));
  for (const std::string& each : full) EXPECT_TRUE(fs::exists(scratch.path() / each)) << each;
}

}  // namespace scenario_select_test
}  // namespace recrank
