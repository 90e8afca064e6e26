#include "harness/certainty/perturb_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/request/option_reading.h"
#include "replay/dialect.h"
#include "snapshot/agoric/dialect_names.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace perturb_plan_test {

using namespace agoric;

using testing::ElementsAre;
using testing::IsEmpty;

const Variations kOfAVat = dialect_named(kXsnap2024).variations();

PerturbFacts usual_facts() {
  return {{0, 97}, 96, {3, 4, 25, 26, 47, 48, 69, 70, 91, 92}, {4, 26, 48, 70, 92}, kOfAVat};
}

std::vector<std::string> words_of(const std::vector<Variation>& plan) {
  std::vector<std::string> words;
  for (const Variation& variation : plan) words.push_back(option_words(variation.perturbation));
  return words;
}

TEST(PerturbPlan, OfOneSeedIsAlwaysTheSame) {
  const auto first = words_of(plan_variations(usual_facts(), 32, 7, {}));
  EXPECT_EQ(first, words_of(plan_variations(usual_facts(), 32, 7, {})));
  EXPECT_NE(first, words_of(plan_variations(usual_facts(), 32, 8, {})));
}

TEST(PerturbPlan, TheFirstEightHaveEveryKind) {
  EXPECT_THAT(words_of(plan_variations(usual_facts(), 7, 1, {})),
              ElementsAre(" --parser-buffer 16384", " --reload-after 4,26,48,70,92",
                          " --write-heap-after every:12", " --reload-after 95",
                          " --write-heap-after 93,94,95", " --reload-after every:12",
                          " --parser-buffer 4096 --write-heap-after 3,4,25,26,47,48,69,70,91,92"));
}

TEST(PerturbPlan, HasAsManyDifferentVariationsAsAskedWhateverTheFacts) {
  const std::vector<PerturbFacts> all{usual_facts(),
                                      {{0, 1}, 0, {}, {}, kOfAVat},
                                      {{500, 502}, 501, {}, {}, kOfAVat},
                                      {{0, 100'000}, 5, {}, {}, kOfAVat}};
  for (const PerturbFacts& facts : all) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const auto words = words_of(plan_variations(facts, kVariationsMax, seed, {}));
      const std::set<std::string> different(words.begin(), words.end());
      EXPECT_EQ(different.size(), kVariationsMax) << "seed " << seed;
      EXPECT_FALSE(different.contains(""));
    }
  }
}

TEST(PerturbPlan, ComparesComputronsOnlyWhereTheWorkerHadJustCollected) {
  const std::vector<uint64_t> rest = usual_facts().rest;
  const auto leaves_rest = [&](const StepSchedule& schedule) {
    return schedule.every != 0 ||
           std::any_of(schedule.steps.begin(), schedule.steps.end(), [&](uint64_t step) {
             return std::find(rest.begin(), rest.end(), step) == rest.end();
           });
  };
  for (const Variation& variation : plan_variations(usual_facts(), kVariationsMax, 1, {})) {
    const Perturbation& made = variation.perturbation;
    const bool anywhere = leaves_rest(made.write_heap_after) || leaves_rest(made.reload_after);
    const bool heaps_stay = !anywhere && !made.options.find("parser-buffer");
    EXPECT_EQ(variation.compare.computrons, !anywhere) << variation.does;
    EXPECT_EQ(variation.compare.snapshots, heaps_stay) << variation.does;
    EXPECT_TRUE(variation.compare.syscalls && variation.compare.result) << variation.does;
  }
  EXPECT_TRUE(plan_variations(usual_facts(), 2, 1, {})[1].compare.computrons);
}

TEST(PerturbPlan, ComparesNoFactThatTheUserLeftOut) {
  const CompareOptions asked{true, false, false, false};
  for (const Variation& variation : plan_variations(usual_facts(), 16, 1, asked)) {
    EXPECT_FALSE(variation.compare.result || variation.compare.computrons ||
                 variation.compare.snapshots);
  }
}

TEST(PerturbPlan, StaysInFrontOfTheStepOfTheFinding) {
  PerturbFacts facts = usual_facts();
  facts.last = 40;
  for (const Variation& variation : plan_variations(facts, 32, 3, {})) {
    for (const uint64_t step : variation.perturbation.write_heap_after.steps) {
      if (std::find(facts.rest.begin(), facts.rest.end(), step) == facts.rest.end()) {
        EXPECT_LT(step, 40U);
      }
    }
  }
}

TEST(PerturbFacts, AreTheStepsBehindWhichAWorkerHasCollected) {
  FakeRecording recording;
  FakeStep reap;
  reap.delivery = R"(["bringOutYourDead"])";
  recording.add_deliveries(2).add(reap).add(FakeStep::save("ab")).add_deliveries(2).add(reap);
  const PerturbFacts facts = perturb_facts(recording, "v1", {0, 7}, 5);
  EXPECT_THAT(facts.rest, ElementsAre(2, 3));  // 6 lies behind the step of the finding
  EXPECT_THAT(facts.saved, ElementsAre(3));
  EXPECT_THAT(perturb_facts(recording, "v1", {0, 1}, 0).rest, IsEmpty());
}

TEST(PerturbPlan, HoldsNothingThatCannotBeDone) {
  PerturbFacts facts = usual_facts();
  facts.can = {};
  EXPECT_THAT(plan_variations(facts, 16, 1, {}), IsEmpty());
  facts.can = {.reloads = true};
  const auto words = words_of(plan_variations(facts, 16, 1, {}));
  EXPECT_GT(words.size(), 4U);
  for (const std::string& each : words) EXPECT_TRUE(each.starts_with(" --reload-after ")) << each;
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
}

}  // namespace perturb_plan_test
}  // namespace recrank
