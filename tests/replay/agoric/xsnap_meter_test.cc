#include "replay/agoric/xsnap_meter.h"

#include <gtest/gtest.h>

#include <string>

namespace recrank::agoric {
namespace xsnap_meter_test {

TEST(MeterFigures, OfAWorkerOfTodayAreTaken) {
  const MeterFigures figures = parse_meter(
      R"({"currentHeapCount":3901,"compute":32,"allocate":42074144,"timestamps":[1795296557.149274,1.5]})");
  EXPECT_EQ(figures.allocate, 42074144U);
  EXPECT_EQ(figures.current_heap_count, 3901U);
  EXPECT_EQ(figures.garbage_collections, std::nullopt);
}

TEST(MeterFigures, OfAWorkerOf2021AreTaken) {
  const MeterFigures figures = parse_meter(
      R"({"compute":49699,"allocate":42074144,"allocateChunksCalls":1,"allocateSlotsCalls":2,)"
      R"("garbageCollectionCount":3,"mapSetAddCount":2279,"mapSetRemoveCount":4,"maxBucketSize":15})");
  EXPECT_EQ(figures.allocate_chunks_calls, 1U);
  EXPECT_EQ(figures.allocate_slots_calls, 2U);
  EXPECT_EQ(figures.garbage_collections, 3U);
  EXPECT_EQ(figures.map_set_adds, 2279U);
  EXPECT_EQ(figures.map_set_removes, 4U);
  EXPECT_EQ(figures.bucket_size_max, 15U);
}

TEST(MeterFigures, OfTheFirstMonthsOf2021AreAnArray) {
  EXPECT_EQ(parse_meter("[5,42074144]").allocate, 42074144U);
  EXPECT_EQ(parse_meter("[5]").allocate, std::nullopt);
}

TEST(MeterFigures, OfAnythingElseAreAbsent) {
  for (const char* text : {"", "null", "7", "{", "[", R"({"allocate":-1})", R"({"allocate":"7"})",
                           R"({"allocate":99999999999999999999999})", "\xff\xfe"}) {
    EXPECT_EQ(parse_meter(text).allocate, std::nullopt) << text;
  }
}

TEST(MeterFigures, SurviveAnyTruncation) {
  const std::string whole = R"({"currentHeapCount":3901,"allocate":42,"timestamps":[1.5,2]})";
  for (size_t size = 0; size < whole.size(); ++size) {
    static_cast<void>(parse_meter(std::string_view(whole).substr(0, size)));
  }
  EXPECT_EQ(parse_meter(whole).allocate, 42U);
}

}  // namespace xsnap_meter_test
}  // namespace recrank::agoric
