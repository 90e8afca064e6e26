// Which steps two recordings share where one of them, or both, count from where they begin.
#include "replay/common_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "replay/compare_recordings.h"
#include "tests/support/fake_recording.h"
#include "tests/support/slog_fixture.h"

namespace recrank {
namespace {

using testing::HasSubstr;

// Deliveries [first, first + count) of one history: the n-th is made in crank 100 + 3 n and takes
// 1000 + n computrons. They are numbered from `number` on, as the kernel numbers them where it is
// `first`.
FakeRecording part(uint64_t first, uint64_t count, uint64_t number) {
  FakeRecording recording(Era::k2021, number);
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
  FakeRecording joined(Era::k2021);
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
    if (subject.first) text += " " + subject.subject_id + " " + std::string(field_name(*subject.first));
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

// Three processes of the kernel and two vats; the second process lost its last cranks.
std::string chain_of_2021() {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).create("v2", "bob").replay("v2", 0);
  for (uint64_t i = 0; i < 8; ++i) {
    log.deliver("v1", "a" + std::to_string(i), {{"get", std::to_string(i)}}, 100 + i);
    if (i % 3 == 0) log.deliver("v2", "b" + std::to_string(i), {}, 200 + i);
  }
  const uint64_t crank = log.crank;
  log.process().create("v1", "alice").replay("v1", 8).create("v2", "bob").replay("v2", 3);
  for (uint64_t i = 0; i < 6; ++i) {
    log.deliver("v1", "c" + std::to_string(i), {{"set", std::to_string(i)}}, 300 + i);
    log.deliver("v2", "d" + std::to_string(i), {}, 400 + i);
  }
  log.roll_back(crank + 6, {{"v1", 11}, {"v2", 6}});
  log.process().create("v1", "alice").replay("v1", 11).create("v2", "bob").replay("v2", 6);
  for (uint64_t i = 0; i < 6; ++i) {
    log.deliver("v1", "e" + std::to_string(i), {{"set", std::to_string(i)}}, 500 + i);
    log.deliver("v2", "f" + std::to_string(i), {}, 600 + i);
  }
  return log.text;
}

TEST(CommonSteps, OfALogCutAnywhereNeverDifferFromTheWholeLog) {
  const std::string whole = chain_of_2021();
  const OpenedSlog complete(whole);
  size_t clean = 0;
  size_t cuts = 0;
  for (size_t at = whole.find('\n') + 1; at < whole.size(); at = whole.find('\n', at) + 1) {
    ++cuts;
    const OpenedSlog cut(whole.substr(at));
    const CompareResult result = compare_recordings(*complete, *cut, {}, Interrupt());
    EXPECT_NE(result.kind, VerdictKind::kDiverged) << "cut at byte " << at << ": " << verdict(*complete, *cut);
    EXPECT_NE(verdict(*cut, *complete).substr(0, 8), "diverged") << "cut at byte " << at;
    if (result.kind == VerdictKind::kClean) ++clean;
  }
  // Only where no whole delivery is left there is nothing to compare.
  EXPECT_GE(clean, cuts - 10) << cuts;
}

TEST(CommonSteps, OfTwoLogsCutAtDifferentPlacesNeverDiffer) {
  const std::string whole = chain_of_2021();
  std::vector<size_t> starts;
  for (size_t at = 0; at < whole.size(); at = whole.find('\n', at) + 1) starts.push_back(at);
  for (size_t i = 0; i < starts.size(); i += 5) {
    const OpenedSlog a(whole.substr(starts[i]));
    for (size_t j = 2; j + 8 < starts.size(); j += 7) {
      const OpenedSlog b(whole.substr(starts[j]));
      EXPECT_NE(verdict(*a, *b).substr(0, 8), "diverged") << i << " against " << j;
    }
  }
}

}  // namespace
}  // namespace recrank
