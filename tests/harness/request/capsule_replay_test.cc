#include "harness/request/capsule_replay.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness/request/option_table.h"
#include "harness/request/replay_options.h"
#include "replay/judge/same_finding.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace capsule_replay_test {

using testing::ElementsAre;
using testing::HasSubstr;

OptionValues parse(const std::vector<std::string>& words) { return parse_options(words); }

FakeRecording capsule_with(std::vector<std::string> options) {
  FakeRecording recording;
  recording.add_deliveries(10);
  recording.mutable_info().kind = "capsule";
  Claim claim;
  claim.replay_options = std::move(options);
  recording.mutable_claim() = claim;
  return recording;
}

TEST(CapsuleOptions, HoldUnlessTheUserGivesOthers) {
  const FakeRecording capsule =
      capsule_with({"--memory-limit", "1500MB", "--aslr off", "--meter-limit=7"});
  const ReplayRequest plain = request_from(options_for({}, capsule));
  EXPECT_EQ(plain.limits.memory_bytes, 1'500'000'000U);
  EXPECT_EQ(plain.limits.computrons, 7U);
  EXPECT_FALSE(plain.aslr);
  const ReplayRequest given =
      request_from(options_for(parse({"--memory-limit", "2GB", "--vat", "v1"}), capsule));
  EXPECT_EQ(given.limits.memory_bytes, 2'000'000'000U);
  EXPECT_EQ(given.limits.computrons, 7U);
}

TEST(CapsuleOptions, NeverNameFilesOrPrograms) {
  for (const char* option :
       {"--engine", "--json", "--lockdown", "--vat-bundle", "--jobs", "-j", "--help", "--quiet",
        "--repeat", "--capture", "--telemetry", "-", "--", "--meter", "--vat"}) {
    const FakeRecording capsule = capsule_with({option, "x"});
    try {
      static_cast<void>(options_for({}, capsule));
      ADD_FAILURE() << option;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << option;
      EXPECT_THAT(error.what(), HasSubstr("may not come from a capsule"));
    }
  }
}

TEST(CapsuleOptions, ThatMakeNoSenseAreTheCapsulesFault) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{"stray"},
                                                  {"--memory-limit"},
                                                  {"--aslr", "on", "stray"},
                                                  {"--memory-limit", "many"},
                                                  {"--verify-clock", "all"}}) {
    try {
      static_cast<void>(options_for({}, capsule_with(options)));
      ADD_FAILURE() << options.front();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    }
  }
}

TEST(CapsuleOptions, OfARunGoIntoItInAFixedOrder) {
  EXPECT_THAT(capsule_options_of(parse(
                  {"--aslr", "off", "--vat", "v1", "--memory-limit", "1500MB", "--jobs", "3"})),
              ElementsAre("--memory-limit", "1500MB", "--aslr", "off"));
}

class CapsuleExpectation : public testing::Test {
 protected:
  CapsuleExpectation() : capsule_(capsule_with({})) {
    claim().engine = ClaimedEngine{"e", "aa", "", "", ""};
    claim().verdict = ClaimedVerdict{"crashed", 9, "sig-a", "crashed at step 9: SIGSEGV"};
    engine_.sha256 = "aa";
    report_.subject = capsule_.subjects().front();
    report_.result.plan.range = {0, 10};
    report_.result.verdict.kind = VerdictKind::kCrashed;
    report_.result.verdict.step = 9;
    report_.result.verdict.signature = "sig-a";
  }
  Claim& claim() { return *capsule_.mutable_claim(); }
  Verdict& found() { return report_.result.verdict; }
  [[nodiscard]] Json met() const {
    return parse_json(judge_expectation(capsule_, report_, engine_)->json).at("met");
  }
  [[nodiscard]] std::string text() const {
    return judge_expectation(capsule_, report_, engine_)->text;
  }

  FakeRecording capsule_;
  SubjectReport report_;
  EngineIdentity engine_;
};

TEST_F(CapsuleExpectation, IsMetByKindStepAndSignature) {
  EXPECT_EQ(met(), true);
  EXPECT_EQ(text(), "expected verdict: met\n");
  found().signature.clear();  // nobody looked: kind and step must do
  EXPECT_EQ(met(), true);
}

TEST_F(CapsuleExpectation, IsNotMetByAnythingElse) {
  found().signature = "sig-b";
  EXPECT_EQ(met(), false);
  EXPECT_THAT(text(),
              HasSubstr("NOT met: another signature (expected crashed at step 9: SIGSEGV)"));
  found().step = 8;
  EXPECT_EQ(met(), false);
  found().kind = VerdictKind::kClean;
  found().step.reset();
  EXPECT_EQ(met(), false);
  engine_.sha256 = "bb";
  EXPECT_THAT(text(), HasSubstr("another engine, e"));
}

// Nobody looked at the death (--capture none): its signal is all that there is to compare.
TEST_F(CapsuleExpectation, OfACrashIsMetByTheSameSignalWhereNobodyLooked) {
  claim().verdict->signature = "SIGSEGV null fxRunID<main";
  found().signature = "SIGSEGV";
  EXPECT_EQ(met(), true);
  found().signature = "SIGABRT";
  EXPECT_EQ(met(), false);
  found().signature = "SIGSEGV null fxRunScript<main";
  EXPECT_EQ(met(), false);
}

TEST_F(CapsuleExpectation, OfADivergenceIsMetByTheSameDifferenceOnly) {
  Verdict seen;
  seen.kind = VerdictKind::kDiverged;
  seen.step = 9;
  seen.divergences.push_back({9, Field::kComputrons, std::nullopt, "10", "11"});
  claim().verdict = claimed(seen);
  found() = seen;
  EXPECT_EQ(met(), true);
  found().divergences.front() = {9, Field::kSyscallWrong, 0, "a", "b"};
  EXPECT_EQ(met(), false);
  EXPECT_THAT(text(), HasSubstr("NOT met: another difference"));
  claim().verdict = claimed(found());
  EXPECT_EQ(met(), true);
  found().divergences.front().index = 1;
  EXPECT_EQ(met(), false);
  found().divergences.front() = {9, Field::kFact, std::nullopt, "a", "b", "state_root"};
  claim().verdict = claimed(found());
  EXPECT_EQ(met(), true);
  found().divergences.front().fact = "node_root";
  EXPECT_EQ(met(), false);
}

TEST_F(CapsuleExpectation, OfALimitIsMetByTheSameLimitOnly) {
  Verdict seen;
  seen.kind = VerdictKind::kLimit;
  seen.step = 9;
  seen.limit.emplace().kind = LimitKind::kStepWall;
  claim().verdict = claimed(seen);
  found() = seen;
  EXPECT_EQ(met(), true);
  for (const LimitKind other : {LimitKind::kStack, LimitKind::kComputrons}) {
    found().limit->kind = other;
    EXPECT_EQ(met(), false);
    EXPECT_THAT(text(), HasSubstr("NOT met: another limit"));
  }
}

// A capsule of before has its headline only.
TEST_F(CapsuleExpectation, OfAnOldCapsuleIsMetByItsHeadline) {
  found() = {};
  found().kind = VerdictKind::kDiverged;
  found().step = 9;
  found().divergences.push_back({9, Field::kSyscallWrong, 4, "a", "b"});
  claim().verdict = ClaimedVerdict{"diverged", 9, "", "diverged at step 9, syscall wrong, call 4"};
  EXPECT_EQ(met(), true);
  found().divergences.front().index = 5;
  EXPECT_EQ(met(), false);
  found() = {};
  found().kind = VerdictKind::kLimit;
  found().step = 9;
  found().limit.emplace().kind = LimitKind::kComputrons;
  found().limit->value = "7 computrons";
  claim().verdict = ClaimedVerdict{
      "limit", 9, "", "limit at step 9: computrons, 7 computrons, as the recording says"};
  EXPECT_EQ(met(), true);
  found().limit->kind = LimitKind::kStack;
  EXPECT_EQ(met(), false);
}

TEST_F(CapsuleExpectation, IsNotJudgedByAReplayThatDidNotReachIt) {
  report_.result.plan.range = {0, 5};
  found() = Verdict{};
  found().kind = VerdictKind::kClean;
  EXPECT_EQ(met(), nullptr);
  EXPECT_THAT(text(), HasSubstr("not looked at"));
  claim().verdict = ClaimedVerdict{"clean", std::nullopt, "", "clean"};
  EXPECT_EQ(met(), nullptr);
  report_.result.plan.range = {0, 10};
  EXPECT_EQ(met(), true);
}

TEST_F(CapsuleExpectation, IsNotThereWhenNothingIsClaimed) {
  claim().verdict.reset();
  EXPECT_FALSE(judge_expectation(capsule_, report_, engine_));
  capsule_.mutable_claim().reset();
  EXPECT_FALSE(judge_expectation(capsule_, report_, engine_));
}

}  // namespace capsule_replay_test
}  // namespace recrank
