// Two recordings whose steps are told by facts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replay/compare/compare_recordings.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace compare_facts_test {

using testing::ElementsAre;
using testing::IsEmpty;

SubjectComparison compare(const FakeRecording& a, const FakeRecording& b,
                          const CompareRequest& request = {}) {
  return compare_recordings(a, b, request, {}).subjects.front();
}

TEST(CompareFacts, OfEqualHistoriesAreCountedWithoutThoseThatMayDiffer) {
  const SubjectComparison found = compare(windows(3), windows(3));
  EXPECT_EQ(found.kind, VerdictKind::kClean);
  EXPECT_EQ(found.counts.facts, 6U);
  EXPECT_THAT(found.allowed, IsEmpty());
  EXPECT_THAT(found.not_in_both, IsEmpty());
}

TEST(CompareFacts, NameTheFirstOfAStepAndTheOthersBesideIt) {
  FakeRecording b = windows(3);
  b.step(1).facts[0].value = "x";
  b.step(1).facts[1].value = "y";
  const SubjectComparison found = compare(windows(3), b);
  ASSERT_TRUE(found.first);
  EXPECT_EQ(field_name(*found.first), "node_root");
  EXPECT_EQ(found.first->step.in_a, 1U);
  ASSERT_EQ(found.beside.size(), 1U);
  EXPECT_EQ(field_name(found.beside.front()), "state_root");
  EXPECT_EQ(found.beside.front().b, "y");
}

TEST(CompareFacts, InWhichHonestMachinesMayDifferAreToldAndNoDivergence) {
  FakeRecording b = windows(3);
  b.step(1).facts[2].value = "x";
  b.step(2).facts[2].value = "x";
  const SubjectComparison found = compare(windows(3), b);
  EXPECT_EQ(found.kind, VerdictKind::kClean);
  ASSERT_EQ(found.allowed.size(), 1U);
  EXPECT_EQ(found.allowed.front().fact, "proposer");
  EXPECT_EQ(found.allowed.front().steps, 2U);
  EXPECT_EQ(found.allowed.front().first.in_a, 1U);
}

TEST(CompareFacts, StandForADeliveryThatTheyTell) {
  FakeRecording b = windows(3);
  b.step(1).delivery = "the same but for a signature";
  EXPECT_EQ(compare(windows(3), b).kind, VerdictKind::kClean);
}

TEST(CompareFacts, ThatOnlyOneSideHoldsAreNotCompared) {
  FakeRecording b = windows(2);
  b.step(0).facts.erase(b.step(0).facts.begin());
  const SubjectComparison found = compare(windows(2), b);
  EXPECT_EQ(found.kind, VerdictKind::kClean);
  EXPECT_EQ(found.counts.facts, 3U);
}

TEST(CompareFacts, LeftOutDoNotHideADelivery) {
  FakeRecording b = windows(2);
  b.step(1).delivery = "[1]";
  CompareRequest request;
  request.compare.facts = false;
  const SubjectComparison found = compare(windows(2), b, request);
  ASSERT_TRUE(found.first);
  EXPECT_EQ(field_name(*found.first), "delivery");
}

}  // namespace compare_facts_test
}  // namespace recrank
