#include "replay/compare/compare_recordings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "snapshot/agoric/dialect_names.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace compare_recordings_test {

using namespace agoric;

using testing::ElementsAre;
using testing::HasSubstr;

CompareResult compare(const FakeRecording& a, const FakeRecording& b,
                      const CompareRequest& request = {}) {
  return compare_recordings(a, b, request, {});
}

// "diverged v1 2/3 syscall wrong 0" for the first vat that differs, else the verdict.
std::string text(const CompareResult& result) {
  std::string out(to_string(result.kind));
  for (const SubjectComparison& s : result.subjects) {
    if (!s.first) continue;
    out += " " + s.subject_id + " " + std::to_string(s.first->step.in_a) + "/" +
           std::to_string(s.first->step.in_b) + " " + std::string(to_string(s.first->field));
    if (s.first->index) out += " " + std::to_string(*s.first->index);
    break;
  }
  return out;
}

FakeRecording steps(uint64_t count, uint64_t first = 0) {
  return FakeRecording(kXsnap2024, first).add_deliveries(count);
}

// A change of step 3 of a recording of five, and how it is found.
template <typename Change>
std::string changed(const Change& change) {
  FakeRecording b = steps(5);
  change(b.step(3));
  return text(compare(steps(5), b));
}

TEST(CompareRecordings, OfTheSameHistoryIsCleanAndCountsWhatWasCompared) {
  const CompareResult result = compare(steps(5), steps(5));
  EXPECT_EQ(text(result), "clean");
  EXPECT_EQ(result.counts.steps, 5U);
  EXPECT_EQ(result.counts.syscalls, 10U);
  EXPECT_EQ(result.counts.answers, 10U);
  EXPECT_EQ(result.counts.results, 5U);
  EXPECT_EQ(result.counts.computrons, 5U);
}

// A recording of three steps that may end inside the last one, which has one call there.
FakeRecording ending_inside() {
  FakeRecording recording = steps(3);
  FakeStep& last = recording.step(2);
  last.calls.resize(1);
  last.status.reset();
  last.computrons.reset();
  last.open_end = true;
  return recording;
}

TEST(CompareRecordings, ASideThatEndsInsideAStepDoesNotDifferInTheCallsBehindThat) {
  for (const bool swapped : {false, true}) {
    const FakeRecording a = swapped ? steps(3) : ending_inside();
    const FakeRecording b = swapped ? ending_inside() : steps(3);
    const CompareResult result = compare(a, b);
    EXPECT_EQ(text(result), "clean");
    EXPECT_EQ(result.counts.syscalls, 5U);
    ASSERT_EQ(result.subjects[0].ends_inside.size(), 1U);
    const EndsInside& end = result.subjects[0].ends_inside[0];
    EXPECT_EQ(end.side, swapped ? Side::kB : Side::kA);
    EXPECT_EQ(end.step.in_a, 2U);
    EXPECT_EQ(end.calls, 1U);
  }
  // Fewer calls than such a side holds are missing, and another one is another one.
  FakeRecording fewer = steps(3);
  fewer.step(2).calls.clear();
  EXPECT_EQ(text(compare(ending_inside(), fewer)), "diverged v1 2/2 syscall missing 0");
  FakeRecording other = steps(3);
  other.step(2).calls[0].call = R"(["send","x"])";
  EXPECT_EQ(text(compare(ending_inside(), other)), "diverged v1 2/2 syscall wrong 0");
}

TEST(CompareRecordings, ADeathAndALifeOfOneStepDifferInItsResult) {
  FakeRecording dead = ending_inside();
  dead.step(2).status = RecordedStatus::kFailed;
  dead.step(2).failure_text = "v1:a exited due to signal SIGSEGV";
  dead.step(2).open_end = false;
  EXPECT_EQ(text(compare(dead, steps(3))), "diverged v1 2/2 result");
}

TEST(CompareRecordings, NamesTheFirstDifferingField) {
  EXPECT_EQ(changed([](FakeStep& s) { s.delivery = "[\"notify\"]"; }), "diverged v1 3/3 delivery");
  EXPECT_EQ(changed([](FakeStep& s) { s.calls[1].call = R"(["send","x"])"; }),
            "diverged v1 3/3 syscall wrong 1");
  EXPECT_EQ(changed([](FakeStep& s) { s.calls.push_back({R"(["send","x"])"}); }),
            "diverged v1 3/3 syscall extra 2");
  EXPECT_EQ(changed([](FakeStep& s) { s.calls.erase(s.calls.begin()); }),
            "diverged v1 3/3 syscall missing 0");
  EXPECT_EQ(changed([](FakeStep& s) { s.calls[0].answer = R"(["ok","x"])"; }),
            "diverged v1 3/3 answer 0");
  EXPECT_EQ(changed([](FakeStep& s) { s.status = RecordedStatus::kFailed; }),
            "diverged v1 3/3 result");
  EXPECT_EQ(changed([](FakeStep& s) { s.computrons = 7; }), "diverged v1 3/3 computrons");
  EXPECT_EQ(changed([](FakeStep& s) { s.kind = StepKind::kSaveSnapshot; }), "diverged v1 3/3 kind");
}

TEST(CompareRecordings, ComparesTheTextOfAnErrorOnlyWhereBothHoldIt) {
  FakeRecording a = steps(2);
  a.step(1).status = RecordedStatus::kError;
  FakeRecording b = a;
  b.step(1).failure_text = "boom";
  EXPECT_EQ(text(compare(a, b)), "clean");
  a.step(1).failure_text = "bang";
  EXPECT_EQ(text(compare(a, b)), "diverged v1 1/1 result");
  a.step(1).status = RecordedStatus::kFailed;
  a.step(1).failure_text.clear();
  EXPECT_EQ(text(compare(a, b)), "diverged v1 1/1 result");
}

TEST(CompareRecordings, LeavesOutWhatItIsToldTo) {
  FakeRecording b = steps(2);
  b.step(1).computrons = 7;
  b.step(1).status = RecordedStatus::kFailed;
  b.step(1).calls.pop_back();
  CompareRequest request;
  request.compare.syscalls = false;
  EXPECT_EQ(text(compare(steps(2), b, request)), "diverged v1 1/1 result");
  request.compare.result = false;
  EXPECT_EQ(text(compare(steps(2), b, request)), "diverged v1 1/1 computrons");
  request.compare.computrons = false;
  EXPECT_EQ(text(compare(steps(2), b, request)), "clean");
}

TEST(CompareRecordings, AnAnswerThatDiffersOutweighsTheCallsThatFollowFromIt) {
  EXPECT_EQ(changed([](FakeStep& s) {
              s.calls[0].answer = R"(["ok","x"])";
              s.calls[1].call = R"(["send","x"])";
            }),
            "diverged v1 3/3 answer 0");
}

TEST(CompareRecordings, GivesBothValues) {
  FakeRecording b = steps(3);
  b.step(1).computrons = 7;
  const CompareResult result = compare(steps(3), b);
  EXPECT_EQ(result.subjects.at(0).first->a, "1000");
  EXPECT_EQ(result.subjects.at(0).first->b, "7");
}

TEST(CompareRecordings, ComparesSnapshotHashes) {
  FakeRecording a = steps(1);
  a.add(FakeStep::save("aa"));
  FakeRecording b = steps(1);
  b.add(FakeStep::save("bb"));
  EXPECT_EQ(text(compare(a, b)), "diverged v1 1/1 snapshot-hash");
  CompareRequest request;
  request.compare.snapshots = false;
  EXPECT_EQ(text(compare(a, b, request)), "clean");
}

TEST(CompareRecordings, LinesUpFormatsThatNumberTheSameStepsDifferently) {
  FakeRecording a = steps(5);
  FakeRecording b(kXsnap2024, 1);
  b.subject().number_offset = 1;
  for (uint64_t n = 0; n < 5; ++n) b.add(a.step(n));
  EXPECT_EQ(text(compare(a, b)), "clean");
  b.step(3).computrons = 7;
  EXPECT_EQ(text(compare(a, b)), "diverged v1 2/3 computrons");
  EXPECT_EQ(text(compare(b, a)), "diverged v1 3/2 computrons");
}

TEST(CompareRecordings, ComparesOnlyWhatBothKnow) {
  FakeRecording bare = steps(5);
  for (uint64_t n = 0; n < 5; ++n) {
    bare.step(n).status.reset();
    bare.step(n).computrons.reset();
  }
  const CompareResult result = compare(steps(5), bare);
  EXPECT_EQ(text(result), "clean");
  EXPECT_EQ(result.counts.results, 0U);
  EXPECT_THAT(result.subjects.at(0).not_in_both, ElementsAre("result", "computrons"));
}

TEST(CompareRecordings, WhatOnlyOneSideHoldsIsToldAndIsNoDifference) {
  FakeRecording longer = steps(8);
  longer.add(FakeStep::failed("Compute meter exceeded"));
  const CompareResult result = compare(steps(5), longer);
  EXPECT_EQ(text(result), "clean");
  ASSERT_EQ(result.subjects.at(0).only.size(), 1U);
  const OnlyIn& only = result.subjects.at(0).only.at(0);
  EXPECT_EQ(only.side, Side::kB);
  EXPECT_EQ(only.steps, (StepRange{5, 9}));
  EXPECT_EQ(only.failed, 1U);
}

TEST(CompareRecordings, PassesOverMarksThatOnlyOneSideHolds) {
  FakeRecording marked;
  marked.add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(2);
  marked.add(FakeStep::save("aa")).add_deliveries(1);
  FakeRecording bare = marked;
  bare.drop({0, 1}).drop({3, 4});
  const CompareResult result = compare(marked, bare);
  EXPECT_EQ(text(result), "clean");
  EXPECT_EQ(result.counts.steps, 3U);
  EXPECT_TRUE(result.subjects.at(0).only.empty());
}

TEST(CompareRecordings, ListsVatsOfOneSide) {
  FakeRecording b = steps(2);
  b.vat("v2").add_deliveries(3);
  const CompareResult result = compare(steps(2), b);
  EXPECT_EQ(text(result), "clean");
  ASSERT_EQ(result.subjects.size(), 2U);
  EXPECT_FALSE(result.subjects.at(1).in_both);
  EXPECT_EQ(result.subjects.at(1).only.at(0).steps, (StepRange{0, 3}));
}

TEST(CompareRecordings, FindsTheFirstDifferenceOfEveryVat) {
  FakeRecording a = steps(3);
  a.vat("v10").add_deliveries(3).vat("v2").add_deliveries(3);
  FakeRecording b = a;
  b.vat("v10").step(2).computrons = 1;
  b.vat("v2").step(1).computrons = 1;
  const CompareResult result = compare(a, b);
  EXPECT_EQ(text(result), "diverged v2 1/1 computrons");
  EXPECT_EQ(result.subjects.at(2).subject_id, "v10");
  EXPECT_EQ(result.subjects.at(2).first->step.in_a, 2U);
  CompareRequest only_v1;
  only_v1.subject_id = "v1";
  EXPECT_EQ(text(compare(a, b, only_v1)), "clean");
}

TEST(CompareRecordings, WithNothingInCommonIsUnjudged) {
  FakeRecording other;
  other.vat("v2").add_deliveries(2);
  const CompareResult result = compare(steps(2), other);
  EXPECT_EQ(text(result), "unjudged");
  EXPECT_THAT(result.reason, HasSubstr("nothing to compare"));
  FakeRecording old(kXsnap2021);
  old.add_deliveries(2);
  EXPECT_EQ(text(compare(steps(2), old)), "unjudged");
}

TEST(CompareRecordings, DamageIsUnjudgedUnlessAnotherVatDiffers) {
  FakeRecording a = steps(5);
  a.vat("v2").add_deliveries(5);
  FakeRecording b = a;
  b.vat("v1").damage(3);
  const CompareResult result = compare(a, b);
  EXPECT_EQ(text(result), "unjudged");
  EXPECT_EQ(result.reason, "v1: fake: step 3 is torn");
  b.vat("v2").step(1).computrons = 1;
  EXPECT_EQ(text(compare(a, b)), "diverged v2 1/1 computrons");
}

TEST(CompareRecordings, ADifferenceBeforeTheDamageIsFound) {
  FakeRecording b = steps(5);
  b.step(1).computrons = 1;
  b.damage(3);
  EXPECT_EQ(text(compare(steps(5), b)), "diverged v1 1/1 computrons");
}

TEST(CompareRecordings, OfDamagedEvidenceIsUnjudgedWhetherItDiffersOrNot) {
  const Damage damage{"store: v1 span 0..5", "hash chain ends in 12ab, recorded 34cd", "v1"};
  for (const uint64_t computrons : {1000U, 7U}) {
    FakeRecording b = steps(5);
    b.step(3).computrons = computrons;
    b.wrong_hash(damage);
    for (const CompareResult& result : {compare(steps(5), b), compare(b, steps(5))}) {
      EXPECT_EQ(text(result), "unjudged") << computrons;
      EXPECT_THAT(result.reason, HasSubstr("store: v1 span 0..5: hash chain ends in 12ab"));
    }
  }
  FakeRecording other = steps(5);
  other.wrong_hash({"store: v9 span 0..5", "hash chain ends in 12ab, recorded 34cd", "v9"});
  EXPECT_EQ(text(compare(steps(5), other)), "clean") << "damage of a vat that is not compared";
}

TEST(CompareRecordings, WhatOneSideLostIsNotWhatOnlyTheOtherHolds) {
  FakeRecording cut = steps(3);
  cut.subject().missing = {{{3, kNoEnd}, "it has no current span", "store: v1"}};
  const CompareResult result = compare(steps(5), cut);
  EXPECT_EQ(text(result), "unjudged");
  EXPECT_THAT(result.reason, HasSubstr("store: v1: it has no current span"));
  cut.step(1).computrons = 7;
  EXPECT_EQ(text(compare(steps(5), cut)), "diverged v1 1/1 computrons") << "before the loss";
  cut.drop({0, 3});
  EXPECT_EQ(text(compare(steps(5), cut)), "unjudged") << "all of it is lost";
}

TEST(CompareRecordings, ComparesHowAWorkerBeginsAsFarAsBothSayIt) {
  const auto begun = [](const std::string& delivery) {
    FakeRecording recording;
    FakeStep begin = FakeStep::of(StepKind::kInitializeWorker);
    begin.delivery = delivery;
    return recording.add(begin).add_deliveries(2);
  };
  const FakeRecording kernel = begun(
      R"(["initialize-worker",{"source":{"bundleID":"b1-1"},"workerOptions":{"bundleIDs":["b0-1","b0-2"]}}])");
  const auto found = [&](const std::string& delivery) {
    return text(compare(kernel, begun(delivery)));
  };
  EXPECT_EQ(found(R"(["initialize-worker",{"source":{"bundleID":"b1-1"}}])"), "clean");
  EXPECT_EQ(found(R"(["initialize-worker"])"), "clean");
  EXPECT_EQ(found(R"(["initialize-worker",{"source":{"bundleID":"b1-2"}}])"),
            "diverged v1 0/0 delivery");
  EXPECT_EQ(found(R"(["initialize-worker",{"workerOptions":{"bundleIDs":["b0-1","b0-3"]}}])"),
            "diverged v1 0/0 delivery");
}

TEST(CompareRecordings, NoticesAStepThatAReaderLeavesOut) {
  FakeRecording b = steps(5);
  b.skip_number(3);
  const CompareResult result = compare(steps(5), b);
  EXPECT_EQ(text(result), "unjudged");
  EXPECT_THAT(result.reason, HasSubstr("step 3 is missing"));
}

TEST(CompareRecordings, RefusesAVatThatNeitherHolds) {
  CompareRequest request;
  request.subject_id = "v7";
  EXPECT_THROW(compare(steps(1), steps(1), request), Error);
}

TEST(CompareRecordings, CanBeInterrupted) {
  Interrupt interrupt;
  interrupt.request();
  EXPECT_EQ(compare_recordings(steps(2), steps(2), {}, interrupt).kind, VerdictKind::kInterrupted);
}

}  // namespace compare_recordings_test
}  // namespace recrank
