#include "harness/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness/cli/command.h"

namespace recrank {
namespace arguments_test {

Arguments parse(const std::vector<std::string>& words) {
  ArgumentSpec spec = kReplayCommand.spec();
  return Arguments::parse(spec, words);
}

std::string usage_error(const std::vector<std::string>& words) {
  try {
    static_cast<void>(request_from(parse(words)));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

TEST(ReplayArguments, AreReadIntoARequest) {
  const auto request = request_from(parse(
      {"rec", "--vat", "v6", "--from", "3", "--to=9", "--on-divergence", "continue",
       "--meter-limit", "7", "--memory-limit", "1500MB", "--aslr", "off", "--wall-limit", "2.5"}));
  EXPECT_EQ(request.from, 3U);
  EXPECT_EQ(request.to, 9U);
  EXPECT_EQ(request.on_divergence, OnDivergence::kContinue);
  EXPECT_EQ(request.limits.computrons, 7U);
  EXPECT_EQ(request.limits.memory_bytes, 1'500'000'000U);
  EXPECT_DOUBLE_EQ(request.limits.wall_s, 2.5);
  EXPECT_FALSE(request.aslr);
}

TEST(ReplayArguments, CompareListNarrows) {
  const auto request = request_from(parse({"rec", "--compare", "syscalls,snapshots"}));
  EXPECT_TRUE(request.compare.syscalls);
  EXPECT_FALSE(request.compare.result);
  EXPECT_FALSE(request.compare.computrons);
  EXPECT_TRUE(request.compare.snapshots);
}

TEST(ReplayArguments, RefuseWhatCannotBeMeant) {
  EXPECT_THAT(usage_error({"rec", "--from", "9", "--to", "3"}), testing::HasSubstr("behind"));
  EXPECT_THAT(usage_error({"rec", "--from", "-1"}), testing::HasSubstr("whole number"));
  EXPECT_THAT(usage_error({"rec", "--compare", "syscals"}), testing::HasSubstr("syscals"));
  EXPECT_THAT(usage_error({"rec", "--compare", ""}), testing::HasSubstr("nothing"));
  EXPECT_THAT(usage_error({"rec", "--aslr", "maybe"}), testing::HasSubstr("one of on off"));
  EXPECT_THAT(usage_error({"rec", "--memory-limit", "many"}), testing::HasSubstr("size"));
  EXPECT_THAT(usage_error({"rec", "--meter-limit", "3000000000"}), testing::HasSubstr("at most"));
  EXPECT_THAT(usage_error({"rec", "--vat-parameters", "{"}), testing::HasSubstr("JSON"));
  EXPECT_THAT(usage_error({"rec", "--al"}), testing::HasSubstr("--al"));  // no guessing
  EXPECT_THAT(usage_error({}), testing::HasSubstr("usage"));
  EXPECT_THAT(usage_error({"a", "b"}), testing::HasSubstr("usage"));
}

TEST(Reproducer, CarriesAllThatChangesTheReplay) {
  const Arguments arguments =
      parse({"my rec", "--all", "--memory-limit", "1500MB", "--aslr", "off", "--jobs", "2"});
  ReplayPlan plan;
  plan.range = {40, 80};
  EXPECT_EQ(reproduce_command(arguments.call(), "v6", " --engine xsnap-0.15.0", plan, 50),
            "recrank replay 'my rec' --vat v6 --engine xsnap-0.15.0 --from 40 --to 50 "
            "--memory-limit 1500MB --aslr off");
}

}  // namespace arguments_test
}  // namespace recrank
