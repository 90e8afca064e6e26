#include "harness/certainty/survival.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot/agoric/dialect_names.h"

namespace recrank {
namespace survival_test {

using testing::ElementsAre;
using testing::IsEmpty;

PerturbFacts facts_of(uint64_t steps) {
  return {{0, steps}, steps - 1, {}, {}, dialect_named(agoric::kXsnap2024).variations()};
}

// An engine that ends with that signature where heaps are written, or where it is reloaded.
SurvivalProbe dying(bool of_heaps, bool of_reloads) {
  return [=](const Variation& variation) -> std::optional<std::string> {
    const Perturbation& made = variation.perturbation;
    const bool dies =
        (of_heaps && !made.write_heap_after.empty()) || (of_reloads && !made.reload_after.empty());
    return dies ? "SIGSEGV fxMark" : "";
  };
}

TEST(Survival, AnEngineThatSurvivesAllIsAskedOnce) {
  const Survival survival = what_it_survives(facts_of(40), {0, 39}, {}, dying(false, false));
  EXPECT_EQ(survival.runs, 1U);
  EXPECT_THAT(survival.left_out, IsEmpty());
  EXPECT_TRUE(survival.can.writes_state && survival.can.reloads);
}

TEST(Survival, WhatKillsTheEngineByItselfIsLeftOutAndTold) {
  const Survival survival = what_it_survives(facts_of(40), {0, 39}, {}, dying(true, false));
  EXPECT_FALSE(survival.can.writes_state);
  EXPECT_TRUE(survival.can.reloads);
  EXPECT_FALSE(survival.can.option.name.empty());
  EXPECT_THAT(survival.left_out,
              ElementsAre("extra heaps: on a clean stretch this engine ends with SIGSEGV fxMark"));
  EXPECT_EQ(what_it_survives(facts_of(40), {0, 39}, {}, dying(true, true)).left_out.size(), 2U);
}

TEST(Survival, AnInterruptOrTooShortAStretchLeavesAll) {
  const auto interrupted = [](const Variation&) { return std::optional<std::string>(); };
  EXPECT_TRUE(what_it_survives(facts_of(40), {0, 39}, {}, interrupted).can.writes_state);
  const Survival short_one = what_it_survives(facts_of(4), {0, 3}, {}, dying(true, true));
  EXPECT_EQ(short_one.runs, 0U);
  EXPECT_TRUE(short_one.can.writes_state);
}

TEST(Survival, WithoutAKnownFindingTheLastStepsAreNoPartOfTheStretch) {
  EXPECT_EQ(survival_stretch(facts_of(41), false).end, 20U);
  EXPECT_EQ(survival_stretch(facts_of(41), true).end, 40U);
}

}  // namespace survival_test
}  // namespace recrank
