#include "harness/session/growth_watch.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/telemetry_report.h"

namespace recrank {
namespace growth_watch_test {

using testing::HasSubstr;
using testing::StartsWith;

constexpr uint64_t kMiB = 1 << 20;

StepTelemetry seen(uint64_t step, uint64_t rss_bytes, uint64_t process = 1) {
  StepTelemetry telemetry;
  telemetry.subject_id = "v6";
  telemetry.step = step;
  telemetry.delivery = true;
  telemetry.process = process;
  telemetry.cost = StepCost{1, 1, rss_bytes, rss_bytes, 2 * rss_bytes};
  return telemetry;
}

Verdict of_kind(VerdictKind kind) {
  Verdict verdict;
  verdict.kind = kind;
  return verdict;
}

Limits limited(uint64_t memory_bytes) {
  Limits limits;
  limits.memory_bytes = memory_bytes;
  return limits;
}

TEST(Slope, IsThatOfTheStraightLine) {
  EXPECT_DOUBLE_EQ(slope_of({{10, 5}, {11, 8}, {14, 17}}), 3);
  EXPECT_DOUBLE_EQ(slope_of({{10, 5}}), 0);
  EXPECT_DOUBLE_EQ(slope_of({}), 0);
  EXPECT_DOUBLE_EQ(slope_of({{7, 1}, {7, 9}}), 0);
  EXPECT_DOUBLE_EQ(slope_of({{9'000'000'000'000'000, 1}, {9'000'000'000'000'001, 2}}), 1);
}

TEST(GrowthWatch, AsksForFewSteps) {
  GrowthWatch watch;
  uint64_t asked = 0;
  for (uint64_t step = 0; step < 3200; ++step) {
    if (!watch.wants_cost(step)) continue;
    ++asked;
    watch.on_step(seen(step, kMiB));
  }
  EXPECT_EQ(asked, 100U);
}

TEST(GrowthWatch, AsksForTheFirstDeliveryWhereverAReplayBegins) {
  GrowthWatch watch;
  ASSERT_TRUE(watch.wants_cost(5));
  StepTelemetry mark = seen(5, kMiB);
  mark.delivery = false;
  watch.on_step(mark);
  ASSERT_TRUE(watch.wants_cost(6));
  watch.on_step(seen(6, kMiB));
  EXPECT_FALSE(watch.wants_cost(7));
  EXPECT_TRUE(watch.wants_cost(6)) << "the same steps again: another run";
}

TEST(GrowthWatch, TellsGrowthPerStepAndTheLastValueBeforeTheEnd) {
  GrowthWatch watch;
  for (uint64_t step = 0; step < 100; ++step) watch.on_step(seen(step, (100 + step) * kMiB));
  StepTelemetry last = seen(100, 0);
  last.cost = StepCost{0, 0, 0, 900 * kMiB, 0};
  watch.on_last_step(last);
  const auto growth = watch.summary("v6", 0, 100);
  ASSERT_TRUE(growth);
  EXPECT_EQ(growth->samples, 100U);
  EXPECT_EQ(growth->first.rss_bytes, 100 * kMiB);
  EXPECT_EQ(growth->last.rss_bytes, 199 * kMiB);
  EXPECT_NEAR(growth->rss_per_step, kMiB, 1e-3);
  EXPECT_EQ(growth->slope_steps, 31U);
  EXPECT_EQ(growth->peak_rss_bytes, 900 * kMiB);
  EXPECT_EQ(growth->last_step, 100U);
}

TEST(GrowthWatch, CountsGrowthAnewInAnotherProcess) {
  GrowthWatch watch;
  watch.on_step(seen(1, 500 * kMiB, 1));
  watch.on_step(seen(2, 10 * kMiB, 2));
  watch.on_step(seen(3, 11 * kMiB, 2));
  const auto growth = watch.summary("v6", 0, std::nullopt);
  EXPECT_EQ(growth->first.step, 2U);
  EXPECT_NEAR(growth->rss_per_step, kMiB, 1e-3);
  EXPECT_EQ(growth->peak_rss_bytes, 11 * kMiB);
  EXPECT_EQ(growth->processes, 2U);
}

TEST(GrowthWatch, TakesTheMetersFiguresWhereTheWorkerHasThem) {
  GrowthWatch watch;
  for (uint64_t step = 0; step < 2; ++step) {
    StepTelemetry each = seen(step, kMiB);
    each.meter.allocate = 100 + 8 * step;
    watch.on_step(each);
  }
  const auto growth = watch.summary("v6", 0, std::nullopt);
  EXPECT_EQ(growth->last.allocate, 108U);
  EXPECT_DOUBLE_EQ(growth->allocate_per_step.value(), 8);
  EXPECT_EQ(growth->heap_count_per_step, std::nullopt);
  EXPECT_EQ(telemetry_json(*growth, of_kind(VerdictKind::kClean), {}).at("allocate").at("last"),
            108);
}

TEST(GrowthWatch, OfAnotherVatOrRunHasNothing) {
  GrowthWatch watch;
  watch.on_step(seen(0, kMiB));
  EXPECT_FALSE(watch.summary("v7", 0, std::nullopt));
  EXPECT_FALSE(watch.summary("v6", 1, std::nullopt));
}

TEST(MemoryAnswer, IsYesOnlyWhenTheLimitSaidSo) {
  GrowthSummary growth;
  growth.peak_rss_bytes = 100 * kMiB;
  Verdict verdict = of_kind(VerdictKind::kLimit);
  verdict.limit.emplace();
  verdict.limit->kind = LimitKind::kMemory;
  EXPECT_THAT(memory_answer(growth, verdict, limited(1000 * kMiB)), StartsWith("yes"));
  verdict.limit->kind = LimitKind::kStepWall;
  EXPECT_THAT(memory_answer(growth, verdict, limited(1000 * kMiB)),
              StartsWith("no limit was near"));
}

TEST(MemoryAnswer, OfACrashDependsOnHowMuchWasTaken) {
  GrowthSummary growth;
  growth.peak_rss_bytes = 900 * kMiB;
  const Verdict crashed = of_kind(VerdictKind::kCrashed);
  EXPECT_THAT(memory_answer(growth, crashed, limited(1000 * kMiB)), StartsWith("likely"));
  EXPECT_THAT(memory_answer(growth, crashed, limited(6000 * kMiB)), StartsWith("not known"));
  growth.last.address_space_bytes = 1100 * kMiB;
  EXPECT_THAT(memory_answer(growth, crashed, limited(6000 * kMiB)), StartsWith("not by growth"));
  growth.last.allocate = 2000 * kMiB;
  growth.last.allocate_max = 2048 * kMiB;  // the machine's own limit
  EXPECT_THAT(memory_answer(growth, crashed, limited(6000 * kMiB)), StartsWith("likely"));
}

TEST(MemoryAnswer, SaysWhenASteadyGrowthWillReachTheLimit) {
  GrowthSummary growth;
  growth.last.address_space_bytes = 500 * kMiB;
  growth.address_space_per_step = kMiB;
  EXPECT_THAT(memory_answer(growth, of_kind(VerdictKind::kClean), limited(1000 * kMiB)),
              HasSubstr("500 steps"));
}

}  // namespace growth_watch_test
}  // namespace recrank
