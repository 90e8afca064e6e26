#include "harness/certainty/controls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recrank {
namespace controls_test {

using testing::Contains;
using testing::HasSubstr;

ControlRow row(ControlKind kind, uint64_t met, uint64_t runs) {
  ControlRow each;
  each.kind = kind;
  each.label = std::string(to_string(kind));
  each.met = met;
  each.passed = runs - met;
  return each;
}

ControlRow not_run(ControlKind kind, const char* why) {
  ControlRow each = row(kind, 0, 0);
  each.not_run = why;
  return each;
}

ControlTable table(std::vector<ControlRow> rows) {
  ControlTable made;
  made.finding = VerdictKind::kCrashed;
  made.limit = "memory limit of 1.4 GiB";
  made.rows = std::move(rows);
  return made;
}

// Every control is there and changes nothing, except those given.
ControlTable steady_but(const std::vector<ControlRow>& changed) {
  ControlTable made = table({});
  for (const ControlKind kind :
       {ControlKind::kAgain, ControlKind::kOtherLayout, ControlKind::kWithoutLimit,
        ControlKind::kGenesis, ControlKind::kNearest, ControlKind::kEarlier,
        ControlKind::kDebugEngine, ControlKind::kReferenceEngine}) {
    ControlRow each = row(kind, 5, 5);
    for (const ControlRow& other : changed) {
      if (other.kind == kind) each = other;
    }
    made.rows.push_back(each);
  }
  return made;
}

TEST(Explain, WhatComesEveryTimeWhateverIsChangedIsDeterministic) {
  const Explanation explanation = explain(steady_but({}));
  EXPECT_EQ(explanation.cause, Cause::kDeterministic);
  EXPECT_TRUE(explanation.sure);
  EXPECT_TRUE(explanation.reservations.empty()) << explanation.reservations.front();
  EXPECT_THAT(explanation.why, HasSubstr("5 of 5 runs"));
  EXPECT_THAT(explanation.why, HasSubstr("below 55 %"));
}

// The bank vat of 2021: formats/crash-capture.md.
TEST(Explain, TheCrashOf2021IsLayoutDependentAndAReloadChangesItToo) {
  ControlRow reload = row(ControlKind::kNearest, 0, 3);
  reload.label = "from snapshot@4144";
  ControlRow moved = row(ControlKind::kEarlier, 0, 0);
  moved.label = "with a heap written on the way";
  moved.moved = 3;
  const Explanation explanation = explain(table(
      {row(ControlKind::kAgain, 11, 11), row(ControlKind::kOtherLayout, 0, 4), reload, moved}));
  EXPECT_EQ(explanation.cause, Cause::kLayout);
  EXPECT_TRUE(explanation.sure);
  EXPECT_EQ(explanation.why, "11 of 11 runs with randomised addresses, 0 of 4 without");
  EXPECT_THAT(explanation.reservations,
              Contains("from snapshot@4144 changes it too: 0 of 3 against 11 of 11"));
  EXPECT_THAT(explanation.reservations, Contains("with a heap written on the way changes it too: 0 "
                                                 "of 3 (3 at another step) against 11 of 11"));
}

TEST(Explain, TheSameFoundWithoutRandomisationIsTheSameCause) {
  ControlTable found =
      table({row(ControlKind::kAgain, 5, 5), row(ControlKind::kOtherLayout, 0, 5)});
  found.aslr = false;
  const Explanation explanation = explain(found);
  EXPECT_EQ(explanation.cause, Cause::kLayout);
  EXPECT_EQ(explanation.why, "0 of 5 runs with randomised addresses, 5 of 5 without");
}

TEST(Explain, WhatComesSometimesInBothLayoutsIsFlaky) {
  const Explanation explanation =
      explain(steady_but({row(ControlKind::kAgain, 2, 5), row(ControlKind::kOtherLayout, 3, 5)}));
  EXPECT_EQ(explanation.cause, Cause::kFlaky);
  EXPECT_TRUE(explanation.sure);
}

TEST(Explain, ATwoInFourCrashIsFlakyUntilEnoughRunsTellThatItIsTheLayout) {
  const Explanation few =
      explain(table({row(ControlKind::kAgain, 2, 4), row(ControlKind::kOtherLayout, 0, 4)}));
  EXPECT_EQ(few.cause, Cause::kFlaky);
  EXPECT_THAT(few.reservations, Contains(HasSubstr("it may hang on the layout")));
  const Explanation more =
      explain(table({row(ControlKind::kAgain, 8, 16), row(ControlKind::kOtherLayout, 0, 16)}));
  EXPECT_EQ(more.cause, Cause::kLayout);
}

TEST(Explain, WhatNeverComesAgainIsFlakyWithTheRateThatIsExcluded) {
  const Explanation explanation =
      explain(steady_but({row(ControlKind::kAgain, 0, 10), row(ControlKind::kOtherLayout, 0, 5)}));
  EXPECT_EQ(explanation.cause, Cause::kFlaky);
  EXPECT_THAT(explanation.why, HasSubstr("26 % or more is excluded"));
}

TEST(Explain, WhatAReloadMendsOrBringsIsReloadDependent) {
  const Explanation mended = explain(steady_but({row(ControlKind::kGenesis, 0, 5)}));
  EXPECT_EQ(mended.cause, Cause::kReload);
  EXPECT_TRUE(mended.sure);
  EXPECT_EQ(mended.why, "5 of 5 runs as it was, 0 of 5 from-genesis");
  ControlRow moved = row(ControlKind::kNearest, 0, 0);
  moved.moved = 5;
  EXPECT_EQ(explain(steady_but({moved})).cause, Cause::kReload);
}

TEST(Explain, WhatAnotherBuildDoesNotDoIsBuildDependent) {
  EXPECT_EQ(explain(steady_but({row(ControlKind::kReferenceEngine, 0, 5)})).cause, Cause::kBuild);
  EXPECT_EQ(explain(steady_but({row(ControlKind::kDebugEngine, 0, 5)})).cause, Cause::kBuild);
}

TEST(Explain, ABuildThatEndsOtherwiseBeforeItGetsThereTellsNothing) {
  ControlRow diverges = row(ControlKind::kDebugEngine, 0, 0);
  diverges.other = 5;
  const Explanation explanation = explain(steady_but({diverges}));
  EXPECT_EQ(explanation.cause, Cause::kDeterministic);
  EXPECT_THAT(explanation.reservations, Contains(HasSubstr("5 ended otherwise before it")));
}

TEST(Explain, WhatVanishesWithTheLimitIsTheEnvironment) {
  const Explanation explanation = explain(steady_but({row(ControlKind::kWithoutLimit, 0, 5)}));
  EXPECT_EQ(explanation.cause, Cause::kEnvironment);
  EXPECT_EQ(explanation.why,
            "the memory limit of 1.4 GiB: 5 of 5 runs under it, 0 of 5 with far more");
}

TEST(Explain, ASignalThatSomebodySentIsExternalWhateverElseIsSeen) {
  ControlTable killed = table({row(ControlKind::kAgain, 0, 5)});
  killed.finding = VerdictKind::kUnjudged;
  killed.killed = true;
  const Explanation explanation = explain(killed);
  EXPECT_EQ(explanation.cause, Cause::kExternalSignal);
  EXPECT_THAT(explanation.why, HasSubstr("5 of 5 runs that nobody ended passed"));
  killed.rows.front().passed = 3;
  killed.rows.front().other = 2;
  EXPECT_THAT(explain(killed).reservations, Contains(HasSubstr("a finding of their own")));
}

TEST(Explain, AHashThatDoesNotHoldGoesBeforeEverything) {
  ControlTable damaged =
      steady_but({row(ControlKind::kWithoutLimit, 0, 5), row(ControlKind::kOtherLayout, 0, 5)});
  damaged.killed = true;
  damaged.damage = {"swingstore.sqlite: v6 snapshot 204: sha256 differs"};
  const Explanation explanation = explain(damaged);
  EXPECT_EQ(explanation.cause, Cause::kCorruptEvidence);
  EXPECT_EQ(explanation.why, damaged.damage.front());
}

TEST(Explain, TheEnvironmentGoesBeforeLayoutAndLayoutBeforeReloadAndBuild) {
  const ControlRow limit = row(ControlKind::kWithoutLimit, 0, 5);
  const ControlRow layout = row(ControlKind::kOtherLayout, 0, 5);
  const ControlRow reload = row(ControlKind::kNearest, 0, 5);
  const ControlRow build = row(ControlKind::kReferenceEngine, 0, 5);
  EXPECT_EQ(explain(steady_but({limit, layout, reload, build})).cause, Cause::kEnvironment);
  const Explanation explanation = explain(steady_but({layout, reload, build}));
  EXPECT_EQ(explanation.cause, Cause::kLayout);
  EXPECT_EQ(explanation.reservations.size(), 2U);  // the contradictory rows are told
  EXPECT_EQ(explain(steady_but({reload, build})).cause, Cause::kReload);
}

TEST(Explain, TooFewRunsNameACauseWithoutBeingSure) {
  const Explanation layout =
      explain(table({row(ControlKind::kAgain, 2, 2), row(ControlKind::kOtherLayout, 0, 2)}));
  EXPECT_EQ(layout.cause, Cause::kLayout);
  EXPECT_FALSE(layout.sure);
  EXPECT_THAT(layout.reservations, Contains("again rests on 2 runs"));
  const Explanation one = explain(table({row(ControlKind::kAgain, 1, 1)}));
  EXPECT_EQ(one.cause, Cause::kDeterministic);
  EXPECT_FALSE(one.sure);
}

TEST(Explain, AFlakyCrashThatALimitMightMendIsSaidToBeSo) {
  const Explanation explanation =
      explain(steady_but({row(ControlKind::kAgain, 2, 5), row(ControlKind::kWithoutLimit, 0, 5)}));
  EXPECT_EQ(explanation.cause, Cause::kFlaky);
  EXPECT_THAT(explanation.reservations,
              Contains(HasSubstr("0 of 5; too few runs to tell from chance")));
}

TEST(Explain, AControlThatWasNotToBeHadIsTold) {
  const Explanation explanation =
      explain(steady_but({not_run(ControlKind::kDebugEngine, "no engine of that name is known")}));
  EXPECT_EQ(explanation.cause, Cause::kDeterministic);
  EXPECT_THAT(explanation.reservations,
              Contains("not looked at: debug-engine (no engine of that name is known)"));
}

TEST(Explain, RunsThatWereKilledDoNotCount) {
  ControlRow killed = row(ControlKind::kOtherLayout, 5, 5);
  killed.killed = 2;
  const Explanation explanation = explain(steady_but({killed}));
  EXPECT_EQ(explanation.cause, Cause::kDeterministic);
  EXPECT_THAT(explanation.reservations, Contains(HasSubstr("2 killed from outside")));
}

TEST(Explain, CleanRunsHaveNothingToExplain) {
  ControlTable clean =
      table({row(ControlKind::kAgain, 0, 5), row(ControlKind::kOtherLayout, 0, 5)});
  clean.finding = VerdictKind::kClean;
  const Explanation explanation = explain(clean);
  EXPECT_EQ(explanation.cause, Cause::kNothing);
  EXPECT_EQ(explanation.why,
            "0 of 10 runs crashed or differed: a rate of 26 % or more is excluded at 95 %");
}

TEST(Explain, WithoutARunThereIsNoCause) {
  EXPECT_EQ(explain(table({})).cause, Cause::kUnknown);
  EXPECT_EQ(explain(table({not_run(ControlKind::kAgain, "interrupted")})).cause, Cause::kUnknown);
  ControlTable unjudged = table({row(ControlKind::kAgain, 0, 0)});
  unjudged.finding = VerdictKind::kUnjudged;
  unjudged.reason = "engine will not start";
  EXPECT_EQ(explain(unjudged).why, "engine will not start");
}

Verdict crashed(uint64_t step, const char* signature) {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.step = step;
  verdict.end.signal = 11;
  verdict.signature = signature;
  return verdict;
}

TEST(Classify, HoldsStepAndSignatureAgainstTheFinding) {
  const Verdict finding = crashed(9, "SIGSEGV null fxSweep<fxCollect<main");
  Verdict clean;
  clean.kind = VerdictKind::kClean;
  Verdict diverged;
  diverged.kind = VerdictKind::kDiverged;
  diverged.step = 4;
  EXPECT_EQ(classify(finding, finding, Builds::kSame), ControlOutcome::kMet);
  EXPECT_EQ(classify(finding, clean, Builds::kSame), ControlOutcome::kPassed);
  EXPECT_EQ(classify(finding, crashed(7, "SIGSEGV null fxSweep<fxCollect<main"), Builds::kSame),
            ControlOutcome::kMoved);
  EXPECT_EQ(classify(finding, crashed(9, "SIGSEGV null fxMark<fxCollect<main"), Builds::kSame),
            ControlOutcome::kOther);
  EXPECT_EQ(classify(finding, crashed(12, "SIGABRT other"), Builds::kSame),
            ControlOutcome::kPassed);
  EXPECT_EQ(classify(finding, diverged, Builds::kSame), ControlOutcome::kOther);
}

TEST(Classify, ARunThatOutlivesTheRecordedDeathHasPassed) {
  Verdict finding = crashed(9, "SIGSEGV null fxSweep<fxCollect<main");
  Verdict lives;
  lives.kind = VerdictKind::kDiverged;
  lives.step = 9;
  lives.divergences = {{9, Field::kEnd, {}, "v1:a exited due to signal SIGSEGV", "it answered ok"}};
  EXPECT_EQ(classify(finding, lives, Builds::kSame), ControlOutcome::kOther);
  finding.as_recorded = true;
  EXPECT_EQ(classify(finding, lives, Builds::kSame), ControlOutcome::kPassed);
  lives.end.signal = 7;  // another death is none
  EXPECT_EQ(classify(finding, lives, Builds::kSame), ControlOutcome::kOther);
}

TEST(Classify, TakesAnAlikeSignatureOfAnotherBuild) {
  const Verdict finding = crashed(9, "SIGSEGV null xsBuildAgent<main");
  const Verdict debug = crashed(9, "SIGSEGV near-null xsBuildAgent<main");
  EXPECT_EQ(classify(finding, debug, Builds::kOther), ControlOutcome::kMet);
  EXPECT_EQ(classify(finding, debug, Builds::kSame), ControlOutcome::kOther);
}

TEST(Classify, TellsKilledRunsFromUnjudgedOnes) {
  const Verdict finding = crashed(9, "SIGSEGV");
  Verdict run;
  run.kind = VerdictKind::kUnjudged;
  EXPECT_EQ(classify(finding, run, Builds::kSame), ControlOutcome::kUnjudged);
  run.end.signal = 9;
  run.end.sent = true;
  EXPECT_EQ(classify(finding, run, Builds::kSame), ControlOutcome::kKilled);
}

}  // namespace controls_test
}  // namespace recrank
