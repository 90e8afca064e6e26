#include "harness/certainty/controls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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
        ControlKind::kGenesis, ControlKind::kNearest, ControlKind::kDebugEngine,
        ControlKind::kReferenceEngine}) {
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

double chance_of(uint64_t hits, uint64_t runs, double rate) {
  double chance = std::pow(rate, hits) * std::pow(1 - rate, runs - hits);
  for (uint64_t i = 0; i < hits; ++i) {
    chance *= static_cast<double>(runs - i) / static_cast<double>(i + 1);
  }
  return chance;
}

// The chance that a table of four controls of five runs, of which none makes a difference, is
// given a cause that one of them makes. All tables of the layout row, the others as they come.
double chance_of_a_false_cause(double rate) {
  double wrong = 0;
  for (uint64_t again = 0; again <= 5; ++again) {
    for (uint64_t layout = 0; layout <= 5; ++layout) {
      const double seen = chance_of(again, 5, rate) * chance_of(layout, 5, rate);
      ControlTable made =
          table({row(ControlKind::kAgain, again, 5), row(ControlKind::kOtherLayout, layout, 5),
                 row(ControlKind::kGenesis, again, 5), row(ControlKind::kNearest, again, 5),
                 row(ControlKind::kCollection, again, 5)});
      if (!needs_second_look(made, made.rows[1])) {
        if (explain(made).cause == Cause::kLayout) wrong += seen;
        continue;
      }
      for (uint64_t a = 0; a <= 5; ++a) {
        for (uint64_t b = 0; b <= 5; ++b) {
          ControlTable second = made;
          second.rows[1].second = ControlRow::SecondLook{{a, 5}, {b, 5}};
          second.rows[0].add(row(ControlKind::kAgain, a, 5));
          second.rows[1].add(row(ControlKind::kOtherLayout, b, 5));
          if (explain(second).cause == Cause::kLayout)
            wrong += seen * chance_of(a, 5, rate) * chance_of(b, 5, rate);
        }
      }
    }
  }
  return wrong;
}

TEST(Explain, ACrashThatComesAsItLikesIsSeldomTakenForOneOfTheLayout) {
  for (const double rate : {0.1, 0.25, 0.5, 0.75, 0.9}) {
    EXPECT_LT(chance_of_a_false_cause(rate), 0.05 / 4) << rate;  // with all four rows 5 %
  }
}

TEST(Explain, WhatChanceMayHaveDoneIsSettledByRunsOfItsOwn) {
  ControlTable made = steady_but({row(ControlKind::kOtherLayout, 1, 5)});
  ASSERT_TRUE(needs_second_look(made, made.rows[1]));
  EXPECT_EQ(explain(made).cause, Cause::kFlaky);
  made.rows[1].second = ControlRow::SecondLook{{5, 5}, {0, 5}};
  made.rows[0].add(row(ControlKind::kAgain, 5, 5));
  made.rows[1].add(row(ControlKind::kOtherLayout, 0, 5));
  const Explanation settled = explain(made);
  EXPECT_EQ(settled.cause, Cause::kLayout);
  EXPECT_EQ(settled.why, "10 of 10 runs with randomised addresses, 1 of 10 without");
  EXPECT_NEAR(settled.chance.value(), 1 / 252.0, 1e-6);
  // The second look says otherwise, whatever both together would.
  made.rows[1].second = ControlRow::SecondLook{{5, 5}, {3, 5}};
  EXPECT_NE(explain(made).cause, Cause::kLayout);
}

TEST(Explain, ASureContrastNeedsNoSecondLookAndSaysItsChance) {
  const ControlTable made = steady_but({row(ControlKind::kOtherLayout, 0, 5)});
  EXPECT_FALSE(needs_second_look(made, made.rows[1]));
  const Explanation explanation = explain(made);
  EXPECT_TRUE(explanation.sure);
  EXPECT_LE(explanation.chance.value(), 0.05);
}

TEST(Explain, WhatAForcedCollectionMendsIsCollectionDependent) {
  ControlRow forced = row(ControlKind::kCollection, 0, 5);
  forced.label = "with a collection after step 4309";
  forced.collections = CollectionCounts{42, 43};
  ControlRow again = row(ControlKind::kAgain, 5, 5);
  again.collections = CollectionCounts{41, 41};
  const Explanation explanation = explain(table({again, forced}));
  EXPECT_EQ(explanation.cause, Cause::kCollection);
  EXPECT_EQ(explanation.why,
            "5 of 5 runs as it was, 0 of 5 with a collection after step 4309; the engine had "
            "collected 41 times before, here 42 to 43");
  // An engine that dies of the collection itself, elsewhere, tells nothing of the finding.
  ControlRow dies = row(ControlKind::kCollection, 0, 0);
  dies.other = 5;
  EXPECT_EQ(explain(table({again, dies})).cause, Cause::kDeterministic);
}

TEST(Explain, DeterminismNamesTheControlsThatItLacks) {
  ControlTable made = steady_but({});
  made.beyond = {"another engine (no other is known)"};
  EXPECT_THAT(explain(made).reservations,
              Contains("not looked at: another engine (no other is known)"));
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
