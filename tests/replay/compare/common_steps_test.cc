// Which steps two recordings share where one of them, or both, count from where they begin.
#include "replay/compare/common_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replay/compare/compare_recordings.h"
#include "snapshot/agoric/dialect_names.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace common_steps_test {

using namespace agoric;

using testing::HasSubstr;

// Deliveries [first, first + count) of one history: the n-th is made in crank 100 + 3 n and takes
// 1000 + n computrons. They are numbered from `number` on, as the kernel numbers them where it is
// `first`.
FakeRecording part(uint64_t first, uint64_t count, uint64_t number) {
  FakeRecording recording(kXsnap2021, number);
  for (uint64_t n = first; n < first + count; ++n) {
    FakeStep step;
    step.crank = 100 + 3 * n;
    step.computrons = 1000 + n;
    recording.add(step);
  }
  if (number != first) recording.subject().unnumbered_before = number + count;
  return recording;
}

FakeRecording without_cranks(FakeRecording recording, uint64_t count) {
  for (uint64_t n = 0; n < count; ++n) recording.step(n).crank.reset();
  return recording;
}

std::string pairs(const FakeRecording& a, const FakeRecording& b) {
  const StepPairing pairing =
      pair_steps({a, a.subjects().at(0)}, {b, b.subjects().at(0)}, Interrupt());
  std::string text;
  const auto range = [](StepRange r) {
    return std::to_string(r.begin) + ".." + std::to_string(r.end);
  };
  for (const CommonSteps& steps : pairing.common) {
    text += range(steps.in_a) + "=" + range(steps.in_b) + " ";
  }
  for (const StepRange& steps : pairing.unplaced_in_a) text += "A?" + range(steps) + " ";
  for (const StepRange& steps : pairing.unplaced_in_b) text += "B?" + range(steps) + " ";
  return text;
}

TEST(CommonSteps, AreThoseOfTheSameNumberWhereBothAreNumbered) {
  EXPECT_EQ(pairs(part(0, 50, 0), part(20, 50, 20)), "20..50=20..50 ");
  EXPECT_EQ(pairs(part(0, 10, 0), part(20, 50, 20)), "");
}

TEST(CommonSteps, AreLinedUpByTheFirstCrankOfBothWhereOneIsNotNumbered) {
  EXPECT_EQ(pairs(part(0, 50, 0), part(20, 50, 0)), "20..50=0..30 ");
  EXPECT_EQ(pairs(part(20, 50, 0), part(0, 50, 0)), "0..30=20..50 ");
  EXPECT_EQ(pairs(part(20, 50, 0), part(60, 50, 60)), "40..50=60..70 ");
}

TEST(CommonSteps, AreLinedUpWhereNeitherIsNumbered) {
  EXPECT_EQ(pairs(part(20, 50, 0), part(30, 50, 0)), "10..50=0..40 ");
  EXPECT_EQ(pairs(part(30, 50, 0), part(20, 50, 0)), "0..40=10..50 ");
}

TEST(CommonSteps, OfAPartThatIsNumberedAndOneThatIsNotArePairedEachInItsOwnWay) {
  FakeRecording b = part(20, 10, 0);  // 20 to 29 as 0 to 9, then a gap, then 35 on
  const FakeRecording rest = part(35, 5, 35);
  b.drop({10, 10});
  FakeRecording joined(kXsnap2021);
  for (uint64_t n = 0; n < 10; ++n) joined.add(b.step(n));
  for (uint64_t n = 10; n < 35; ++n) joined.add({});
  for (uint64_t n = 35; n < 40; ++n) {
    FakeRecording copy = rest;
    joined.add(copy.step(n));
  }
  joined.drop({10, 35});
  joined.subject().unnumbered_before = 10;
  EXPECT_EQ(pairs(part(0, 60, 0), joined), "20..30=0..10 35..40=35..40 ");
  EXPECT_EQ(pairs(joined, part(0, 60, 0)), "0..10=20..30 35..40=35..40 ");
}

TEST(CommonSteps, CannotBeToldWhereOneSideSaysNoCranks) {
  EXPECT_EQ(pairs(without_cranks(part(0, 50, 0), 50), part(20, 50, 0)), "B?0..50 ");
  EXPECT_EQ(pairs(part(20, 50, 0), without_cranks(part(0, 50, 0), 50)), "A?0..50 ");
}

TEST(CommonSteps, OfHistoriesApartAreNone) {
  EXPECT_EQ(pairs(part(0, 10, 0), part(20, 50, 0)), "");
}

// ---- the comparison ----

std::string verdict(const Recording& a, const Recording& b) {
  const CompareResult result = compare_recordings(a, b, {}, Interrupt());
  std::string text(to_string(result.kind));
  for (const SubjectComparison& subject : result.subjects) {
    if (subject.first)
      text += " " + subject.subject_id + " " + std::string(field_name(*subject.first));
  }
  return text + (result.reason.empty() ? "" : ": " + result.reason);
}

TEST(CommonSteps, ThatDifferAreFoundThoughNumberedOtherwise) {
  FakeRecording b = part(20, 50, 0);
  EXPECT_EQ(verdict(part(0, 50, 0), b), "clean");
  b.step(25).computrons = 7;
  const CompareResult result = compare_recordings(part(0, 50, 0), b, {}, Interrupt());
  ASSERT_TRUE(result.subjects.at(0).first.has_value());
  EXPECT_EQ(result.subjects.at(0).first->step.in_a, 45U);
  EXPECT_EQ(result.subjects.at(0).first->step.in_b, 25U);
}

TEST(CommonSteps, ThatCannotBeToldAreUnjudged) {
  EXPECT_THAT(verdict(without_cranks(part(0, 50, 0), 50), part(20, 50, 0)),
              HasSubstr("unjudged: v1: one side counts its steps from where it begins"));
}

TEST(CommonSteps, ThatCannotBeToldAreNotSaidToBeOfOneSideOnly) {
  const CompareResult result =
      compare_recordings(without_cranks(part(0, 50, 0), 50), part(20, 50, 0), {}, Interrupt());
  EXPECT_TRUE(result.subjects.at(0).only.empty());
  ASSERT_EQ(result.subjects.at(0).unplaced.size(), 1U);
  EXPECT_EQ(result.subjects.at(0).unplaced[0].side, Side::kB);
  EXPECT_EQ(result.subjects.at(0).unplaced[0].steps, (StepRange{0, 50}));
}

TEST(CommonSteps, ThatCannotBeReadAreUnjudged) {
  FakeRecording b = part(20, 50, 0);
  b.damage(2);
  EXPECT_EQ(verdict(part(0, 50, 0), b), "unjudged: v1: fake: step 2 is torn");
}

}  // namespace common_steps_test
}  // namespace recrank
