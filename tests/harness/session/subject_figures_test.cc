#include "harness/session/subject_figures.h"
#include "base/json.h"
#include "harness/report/replay_report.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "snapshot/montana/montana.h"
#include "tests/support/snapshot/capsule_fixture.h"

namespace recrank {
namespace subject_figures_test {

using namespace montana;

// v1 with steps 0..9 and heaps: before that step, of so many bytes.
HeapRecording with_heaps(const std::vector<std::pair<uint64_t, size_t>>& heaps) {
  HeapRecording recording;
  recording.fake().add_deliveries(10);
  for (const auto& [next_step, bytes] : heaps) recording.heap(next_step, bytes);
  return recording;
}

// "2 saves: 100 in step 3, 300 in step 7", or "none".
std::string heaps(const Recording& recording, StepRange range) {
  const auto found = recorded_heaps(recording, "v1", range);
  if (!found) return "none";
  return std::to_string(found->snapshots) + " saves: " + std::to_string(found->first_bytes) +
         " in step " + std::to_string(found->first_step) + ", " +
         std::to_string(found->last_bytes) + " in step " + std::to_string(found->last_step);
}

TEST(RecordedHeaps, AreTheFirstAndTheLastThatWereSavedInTheRange) {
  const HeapRecording recording = with_heaps({{4, 100}, {6, 900}, {8, 300}});
  EXPECT_EQ(heaps(recording, {0, 10}), "3 saves: 100 in step 3, 300 in step 7");
  EXPECT_EQ(heaps(recording, {4, 7}), "1 saves: 900 in step 5, 900 in step 5");
}

// The heap that a replay begins from was saved before its range, and tells of no growth in it.
TEST(RecordedHeaps, BelongToTheStepThatSavedThem) {
  const HeapRecording recording = with_heaps({{4, 100}, {8, 300}});
  EXPECT_EQ(heaps(recording, {4, 10}), "1 saves: 300 in step 7, 300 in step 7");
  EXPECT_EQ(heaps(recording, {3, 4}), "1 saves: 100 in step 3, 100 in step 3");
  EXPECT_EQ(heaps(recording, {4, 7}), "none");
  EXPECT_EQ(heaps(recording, {7, 8}), "1 saves: 300 in step 7, 300 in step 7");
}

TEST(RecordedHeaps, OfUnknownSizeAreLeftOut) {
  FakeRecording recording;
  recording.add_deliveries(5).checkpoint(CheckpointKind::kHeapSnapshot, 3, false);
  EXPECT_EQ(heaps(recording, {0, 5}), "none");
}

TEST(RecordedHeaps, OfAnEmptyRangeAreNone) {
  const HeapRecording recording = with_heaps({{1, 100}, {10, 300}});
  EXPECT_EQ(heaps(recording, {0, 0}), "none");
  EXPECT_EQ(heaps(recording, {10, 10}), "none");
}

// A heap before step 0 was saved by no step; nothing may be taken from 0.
TEST(RecordedHeaps, InFrontOfAllStepsAreSavedByNone) {
  EXPECT_EQ(heaps(with_heaps({{0, 100}}), {0, 10}), "none");
  EXPECT_EQ(heaps(with_heaps({{0, 100}}), {0, UINT64_MAX}), "none");
}

TEST(RecordedHeaps, AreNoneOfANodesTablesAndOfAStateOfItsOwn) {
  HeapRecording recording(kMontanaDialect);
  recording.fake().add_deliveries(5);
  recording.tables(2, 100);
  recording.own(3);
  EXPECT_EQ(heaps(recording, {0, 5}), "none");
}

TEST(SubjectFigures, GoWhereTheirReadersLookForThem) {
  SubjectFigures figures;
  figures.slowest = SlowestStep{7, 1.23456};
  figures.heaps = RecordedHeaps{2, 3, 7, 100, 300};
  figures.memory = GrowthSummary();
  figures.memory->samples = 2;
  figures.memory->first.rss_bytes = 50;
  figures.memory->first.step = 1;
  figures.memory->last.rss_bytes = 75;
  figures.memory->last.step = 32;
  Json report{{"cost", {{"wall_s", 2}}}};
  add_figures(figures, report);
  EXPECT_EQ(report, Json::parse(R"({"cost":{"wall_s":2,"slowest_step":{"step":7,"wall_s":1.235},
    "rss_bytes":{"first":50,"first_step":1,"last":75,"last_step":32}},
    "recorded_heaps":{"snapshots":2,"first_bytes":100,"first_step":3,
    "last_bytes":300,"last_step":7}})"));
}

TEST(SubjectFigures, ThatNobodySawAreLeftOutAndNotZero) {
  Json report{{"cost", {{"wall_s", 2}}}};
  SubjectFigures figures;
  figures.memory = GrowthSummary();  // no look at it
  add_figures(figures, report);
  EXPECT_EQ(report, Json::parse(R"({"cost":{"wall_s":2}})"));
}

}  // namespace subject_figures_test
}  // namespace recrank
