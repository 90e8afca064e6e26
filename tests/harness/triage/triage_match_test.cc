#include "harness/triage/triage_match.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/triage/native_match.h"
#include "harness/triage/triage_report.h"

namespace recrank {
namespace triage_match_test {

CrashClass native(const std::string& signature, const std::string& build) {
  CrashClass group;
  group.sample.kind = DeathKind::kNative;
  group.sample.signature = signature;
  group.builds[build] = 1;
  group.count = 1;
  return group;
}

CrashClass uncaught(const std::string& signature) {
  CrashClass group;
  group.sample.kind = DeathKind::kUncaught;
  group.sample.signature = signature;
  group.count = 1;
  return group;
}

Scenario scenario(const std::string& name, const std::string& engine,
                  const std::string& signature) {
  Scenario made;
  made.name = name;
  ExpectationRule rule;
  rule.engine = engine;
  rule.verdict.signature = signature;
  made.expect.push_back(rule);
  return made;
}

const std::string kSite = "SIGSEGV null bun@bf2e2cec+0x4faf767<bun@bf2e2cec+0x4fae8d7";
const std::string kBuild = "Bun 1.3.13 (bf2e2cec)";

TEST(TriageMatch, AScenarioThatNamesThePlaceIsTheSame) {
  const ClassMatch match = match_class(
      native(kSite, kBuild), {}, {scenario("a", "*", "SIGSEGV jump-to-null bun@*+0x4faf767*")});
  ASSERT_EQ(match.scenarios.size(), 1U);
  EXPECT_EQ(match.scenarios[0].grade, MatchGrade::kSame);
}

TEST(TriageMatch, AScenarioOfAnotherPlaceIsNone) {
  EXPECT_TRUE(
      match_class(native(kSite, kBuild), {}, {scenario("a", "*", "SIGSEGV null bun@*+0x1234*")})
          .scenarios.empty());
}

TEST(TriageMatch, AKindOfFaultIsAlikeOnlyOnItsRelease) {
  const std::string kind = "SIGSEGV jump-to-null *";
  const auto on = [&](const std::string& engine) {
    return match_class(native(kSite, kBuild), {}, {scenario("a", engine, kind)}).scenarios;
  };
  ASSERT_EQ(on("bun-1.3.13").size(), 1U);
  EXPECT_EQ(on("bun-1.3.13")[0].grade, MatchGrade::kAlike);
  EXPECT_TRUE(on("bun-1.3.14").empty());
  EXPECT_TRUE(on("*").empty());  // xsnap's segmentation faults are no relatives
}

TEST(TriageMatch, AnErrorOfABundleIsAlikeToThatOfItsSource) {
  const Scenario known =
      scenario("a", "*", "exit 1 error \"Timed out\" unheard-error-event client.js");
  const auto bundle =
      match_class(uncaught("exit 1 error \"Timed out\" unheard-error-event server"), {}, {known});
  ASSERT_EQ(bundle.scenarios.size(), 1U);
  EXPECT_EQ(bundle.scenarios[0].grade, MatchGrade::kAlike);
  const auto source = match_class(
      uncaught("exit 1 error \"Timed out\" unheard-error-event client.js"), {}, {known});
  EXPECT_EQ(source.scenarios.at(0).grade, MatchGrade::kSame);
  EXPECT_TRUE(match_class(uncaught("exit 1 error \"Refused\" uncaught client.js"), {}, {known})
                  .scenarios.empty());
}

TEST(TriageMatch, AFindingThatIsFiledIsNamed) {
  const KnownFinding filed{"SIGSEGV null bun@bf2e2cec+0x4faf767*", "oven-sh/bun#29547", "", ""};
  EXPECT_EQ(match_class(native(kSite, kBuild), {filed}, {}).known.value().issue,
            "oven-sh/bun#29547");
  EXPECT_FALSE(match_class(native("SIGSEGV null bun@bf2e2cec+0x1", kBuild), {filed}, {}).known);
}

// Of one crash of Bun 1.3.13, from a log and from a replay.
const std::string kLogged =
    "SIGSEGV null bun@bf2e2cec+0x4faf767<bun@bf2e2cec+0x4fae8d7<bun@bf2e2cec+0x4fae489";
const std::string kReplayed =
    "SIGSEGV jump-to-null bun@2dd82663+0x4faf767<bun@2dd82663+0x4fae8d7<bun@2dd82663+0x4fae489";

TEST(TriageMatch, TheSignatureOfAReplayMeetsThatOfTheLog) {
  const ClassMatch match = match_class(native(kLogged, kBuild), {{kReplayed, "us#7", "", ""}},
                                       {scenario("a", "bun-1.3.13", kReplayed)});
  EXPECT_EQ(match.known.value().issue, "us#7");
  ASSERT_EQ(match.scenarios.size(), 1U);
  EXPECT_EQ(match.scenarios[0].grade, MatchGrade::kSame);
}

TEST(NativeMatch, AFrameMoreOnTheInsideMakesNoOtherCrash) {
  const std::string inside =
      "SIGSEGV null bun@2dd82663+0x99<bun@2dd82663+0x4faf767<bun@2dd82663+0x4fae8d7";
  EXPECT_TRUE(same_native_crash(inside, kLogged, false));
  EXPECT_TRUE(same_native_crash(kLogged, inside, false));
  EXPECT_TRUE(same_native_crash("SIGSEGV null bun@2+0x4faf767<bun@2+0x4fae8d7*", kLogged, false));
}

TEST(NativeMatch, OtherFramesOrAnotherFaultAreAnother) {
  const std::string other = "SIGSEGV null bun@2+0x4faf767<bun@2+0x1<bun@2+0x4fae489";
  EXPECT_FALSE(same_native_crash(other, kLogged, true));
  EXPECT_FALSE(same_native_crash("SIGSEGV wild" + kLogged.substr(12), kLogged, true));
  EXPECT_FALSE(same_native_crash("SIGSEGV null f<g<h", kLogged, true));
  EXPECT_FALSE(same_native_crash("", "", true));
  EXPECT_FALSE(same_native_crash("hang", "hang", true));
}

TEST(NativeMatch, OneFrameAloneProvesItOnlyOnOneRelease) {
  EXPECT_FALSE(same_native_crash("SIGSEGV null bun@2+0x4faf767", kLogged, false));
  EXPECT_TRUE(same_native_crash("SIGSEGV null bun@2+0x4faf767", kLogged, true));
}

TEST(TriageReport, SaysWhereASignatureIsLessThanItSeems) {
  EXPECT_NE(caution_of(native("SIGSEGV near-null bun@bf2e2cec+0x1", kBuild)), "");
  EXPECT_NE(caution_of(native("SIGSEGV null bun@bf2e2cec site-not-told", kBuild)), "");
  EXPECT_EQ(caution_of(native(kSite, kBuild)), "");
}

}  // namespace triage_match_test
}  // namespace recrank
