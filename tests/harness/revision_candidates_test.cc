// Real git repositories; the engines are shell scripts that no probe takes for a worker, so that what
// is looked at is which of them are built, how, and what becomes of those that cannot be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/engine_candidates.h"
#include "harness/shell_command.h"

namespace recrank {
namespace {

using testing::HasSubstr;

const Interrupt kNoInterrupt;

class Revisions : public testing::Test {
 protected:
  void SetUp() override {
    if (!git("init -q -b main . && git config user.email a@b && git config user.name n")) GTEST_SKIP() << "git is missing";
    for (int number = 0; number < 4; ++number) commit("change " + std::to_string(number));
  }

  bool git(const std::string& words) const {
    const std::vector<std::pair<std::string, std::string>> hermetic{
        {"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_SYSTEM", "/dev/null"}};
    const auto end = run_shell({"git " + words, {}, directory_.path(), hermetic}, kNoInterrupt);
    return end && end->status == 0;
  }
  void commit(const std::string& subject) const {
    std::ofstream(directory_.path() / "file") << subject;
    ASSERT_TRUE(git("add . && git commit -q -m '" + subject + "'"));
  }
  [[nodiscard]] std::unique_ptr<EngineCandidates> open(const std::string& range, const std::string& command) const {
    return revision_candidates(registry_, directory_.path(), range, command, kNoInterrupt);
  }
  [[nodiscard]] std::string refusal(const std::string& range) const {
    try {
      static_cast<void>(open(range, "true"));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "accepted";
  }

  ScratchDir directory_;
  EngineRegistry registry_ = EngineRegistry::load();
};

TEST_F(Revisions, AreThoseOfTheRangeWithBothItsEndsOldestFirst) {
  const auto revisions = open("main~2..main", "true");
  ASSERT_EQ(revisions->size(), 3U);
  EXPECT_THAT(revisions->name(0), HasSubstr("change 1"));
  EXPECT_THAT(revisions->name(2), HasSubstr("change 3"));
}

TEST_F(Revisions, FollowFirstParentsThroughAMerge) {
  ASSERT_TRUE(git("checkout -q -b side main~1"));
  commit("on the side");
  ASSERT_TRUE(git("checkout -q main && git merge -q -s ours -m merged side"));
  const auto revisions = open("main~1..main", "true");
  ASSERT_EQ(revisions->size(), 2U);
  EXPECT_THAT(revisions->name(1), HasSubstr("merged"));
}

TEST_F(Revisions, AreBuiltOnceWhenTheyAreAskedFor) {
  const auto revisions = open("main~3..main", "echo \"$RECRANK_REVISION\" >>built; echo /no/engine; :");
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "built"));
  EXPECT_THAT(revisions->open(2, kNoInterrupt).missing, HasSubstr("/no/engine"));
  EXPECT_THAT(revisions->open(2, kNoInterrupt).missing, HasSubstr("/no/engine"));
  std::ifstream built(directory_.path() / "built");
  const std::string all((std::istreambuf_iterator<char>(built)), {});
  EXPECT_EQ(all.size(), 41U) << all;
}

TEST_F(Revisions, ThatCannotBeBuiltAreMissing) {
  const auto revisions = open("main~1..main", "echo 'no compiler' >&2; exit 125; :");
  EXPECT_THAT(revisions->open(0, kNoInterrupt).missing, HasSubstr("cannot be built: no compiler"));
  EXPECT_THAT(open("main~1..main", "true; :")->open(0, kNoInterrupt).missing, HasSubstr("printed no path"));
}

TEST_F(Revisions, EndTheSearchWhenTheCommandItselfFails) {
  const auto revisions = open("main~1..main", "echo 'disk full' >&2; exit 3; :");
  try {
    static_cast<void>(revisions->open(0, kNoInterrupt));
    FAIL() << "a failing command was taken for an answer";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("status 3"));
    EXPECT_THAT(error.what(), HasSubstr("disk full"));
  }
}

TEST_F(Revisions, NeedARangeThatGitKnows) {
  EXPECT_THAT(refusal("main"), HasSubstr("GOOD..BAD"));
  EXPECT_THAT(refusal("main~1...main"), HasSubstr("GOOD..BAD"));
  EXPECT_THAT(refusal("--all..main"), HasSubstr("GOOD..BAD"));
  EXPECT_THAT(refusal("nothing..main"), HasSubstr("nothing"));
  EXPECT_THAT(refusal("main..main"), HasSubstr("no revision behind main"));
  try {
    static_cast<void>(revision_candidates(registry_, "/no/such/place", "a..b", "true", kNoInterrupt));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no such directory"));
  }
}

}  // namespace
}  // namespace recrank
