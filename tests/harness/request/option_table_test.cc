#include "harness/request/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/request/option_check.h"
#include "harness/request/replay_options.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/montana/montana.h"
#include "snapshot/redis/redis_aof.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank {
namespace option_table_test {

using namespace agoric;
using namespace montana;
using namespace stellar;
using namespace program;
using namespace redis;

using testing::HasSubstr;

class OptionTable : public testing::Test {
 protected:
  OptionTable() { std::ofstream(bundle()) << R"({"moduleFormat":"getExport","source":"x"})"; }
  [[nodiscard]] std::string bundle() const { return (scratch_.path() / "bundle.json").string(); }

  // A value that each option with one can be given, other than its default.
  [[nodiscard]] std::string value_of(std::string_view name) const {
    const std::map<std::string_view, std::string> known{
        {"step-limit", "2.5"},    {"memory-limit", "1500MB"},  {"on-divergence", "continue"},
        {"compare", "syscalls"},  {"verify-clock", "sample"},  {"write-heap-after", "3,5"},
        {"aslr", "off"},          {"reload-after", "every:5"}, {"capture", "none"},
        {"vat-bundle", bundle()}, {"lockdown", bundle()},      {"supervisor", bundle()},
        {"vat-parameters", "{}"}, {"enable-disavow", "true"},  {"dialect", "xsnap-2021"}};
    const auto at = known.find(name);
    return at == known.end() ? "7" : at->second;
  }

  ScratchDir scratch_;
};

TEST_F(OptionTable, TellsEveryOptionOnceAndWhole) {
  std::set<std::string_view> names;
  std::set<std::string_view> places;
  for (const ReplayOption& option : replay_options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_TRUE(std::ranges::count(kOptionGroups, option.group) == 1) << option.name;
    const bool placed = !option.json.place.empty();
    EXPECT_EQ(placed, option.json.why.empty()) << option.name;
    EXPECT_EQ(placed, places.insert(option.json.place).second && placed) << option.name;
    // What is said of a replay changes its request; what a capsule or a scenario says is one such.
    EXPECT_TRUE(option.read != nullptr || !(option.in_capsule() || placed)) << option.name;
    EXPECT_EQ(find_option(option.name), &option);
  }
  EXPECT_EQ(find_option("no-such-option"), nullptr);
}

TEST_F(OptionTable, PrintsWhatItRead) {
  for (const ReplayOption& option : replay_options()) {
    std::vector<std::string> words{"--" + std::string(option.name)};
    if (!option.implied.empty()) {
      words.back() += "=" + value_of(option.name);
    } else if (!option.value.empty()) {
      words.push_back(value_of(option.name));
    }
    const OptionValues read = parse_options(words);
    const auto all = [](const ReplayOption&) { return true; };
    EXPECT_EQ(words_of(read, all), words);
    EXPECT_EQ(parse_options(words_of(read, all)), read);
    EXPECT_NO_THROW(static_cast<void>(request_from(read))) << option.name;
  }
}

TEST_F(OptionTable, OneThatMayStandAloneTakesNoWordFromBehindIt) {
  const std::vector<std::string> words{"--js", "--vat", "v6"};
  const OptionValues read = parse_options(words);
  EXPECT_EQ(read.text("js"), "on");
  EXPECT_EQ(read.text("vat"), "v6");
  EXPECT_EQ(parse_options(std::vector<std::string>{"--js=off"}).text("js"), "off");
}

TEST_F(OptionTable, CarriesIntoAReproducerWhatChangesAReplay) {
  for (const ReplayOption& option : replay_options()) {
    ReplayCall call{"r", {}};
    call.options.set(option.name, value_of(option.name));
    ReplayPlan plan;
    plan.range = {3, 9};
    const std::string command = reproduce_command(call, "v1", " --engine e", plan, 7);
    EXPECT_EQ(command.find(" --" + std::string(option.name)) != std::string::npos,
              option.in_reproducer() || option.name == "vat" || option.name == "engine" ||
                  option.name == "from" || option.name == "to")
        << command;
  }
}

TEST_F(OptionTable, NeverLetsACapsuleNameAFileOrAProgram) {
  for (const ReplayOption& option : replay_options()) {
    const bool names_one = option.value == "FILE" || option.value == "DIR" ||
                           option.value == "PATH" || option.value == "E" || option.value == "WORDS";
    EXPECT_FALSE(option.in_capsule() && names_one) << option.name;
  }
}

TEST_F(OptionTable, IsTakenByEveryCommandThatReplays) {
  const auto users = [](std::string_view name) { return find_option(name)->commands; };
  for (const char* name : {"verify-clock", "parser-buffer", "memory-limit", "checkpoint"}) {
    for (const OptionUsers command :
         {kReplayTakes, kBisectTakes, kShrinkTakes, kPackTakes, kScenarioTakes}) {
      EXPECT_NE(users(name) & command, 0U) << name;
    }
  }
  // Its candidates are run without the judge that writes heaps.
  EXPECT_EQ(users("reload-after") & kShrinkTakes, 0U);
}

TEST_F(OptionTable, RefusesWordsThatAreNoOption) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"recording"},
                                                {"--no-such"},
                                                {"--"},
                                                {"-j", "2"},
                                                {"--aslr"},
                                                {"--all=yes"},
                                                {"--from", "1", "--from", "2"}}) {
    EXPECT_THROW(static_cast<void>(parse_options(words)), Error) << words.front();
  }
}

RecordingInfo recording_of(std::string_view dialect) {
  RecordingInfo info;
  info.dialect = dialect;
  info.path = "r";
  return info;
}

std::string refusal(std::string_view dialect, const std::vector<std::string>& words) {
  try {
    refuse_foreign_options(parse_options(words), recording_of(dialect));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "none";
}

TEST(ForeignOptions, AreRefusedAndNeverIgnored) {
  EXPECT_EQ(refusal(kProcessDialect, {"--meter-limit", "100"}),
            "--meter-limit is an option of agoric, and r is of program");
  EXPECT_EQ(
      refusal(kMontanaDialect, {"--aslr", "off"}),
      "--aslr is an option of agoric, stellar, program, redis and sqlshell, and r is of montana");
  EXPECT_THAT(refusal(kXsnap2024, {"--verify-clock", "all"}), HasSubstr("of montana, and r is of"));
  for (const std::string_view dialect :
       {kProcessDialect, kHttpDialect, kMontanaDialect, kHenyeyDialect, kRedisDialect}) {
    for (const char* name : {"meter-limit", "vat-parameters", "cache-size", "enable-disavow",
                             "vat-bundle", "lockdown", "supervisor", "dialect", "parser-buffer"}) {
      const std::string option = "--" + std::string(name);
      EXPECT_THAT(refusal(dialect, {option, "1"}), HasSubstr(option + " is an option of agoric"));
    }
  }
}

TEST(ForeignOptions, AreNoneOfTheRecordingsOwn) {
  EXPECT_EQ(refusal(kXsnap2021, {"--meter-limit", "1", "--reload-after", "2"}), "none");
  EXPECT_EQ(refusal(kMontanaDialect, {"--verify-clock", "all", "--reload-after", "2"}), "none");
  for (const std::string_view dialect : {kXsnap2021, kXsnap2024, kProcessDialect, kHttpDialect,
                                         kMontanaDialect, kHenyeyDialect, kRedisDialect}) {
    EXPECT_EQ(refusal(dialect, {"--memory-limit", "1GB", "--compare", "result", "--all"}), "none");
  }
}

}  // namespace option_table_test
}  // namespace recrank
