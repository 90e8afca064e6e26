// Where a step of a slog stands in the history of the whole chain: its block and its crank.
#include <gtest/gtest.h>

#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_place_test {

std::string number(const std::optional<uint64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

// "0 b7 c1, 1 b7 c2": step, block, crank of all held steps of the vat.
std::string places(const Recording& recording, const std::string& vat) {
  std::string text;
  Step step;
  for (const StepRange& range : find_subject(recording, vat).held) {
    const auto stream = recording.steps(vat, range);
    while (stream->next(step)) {
      text += (text.empty() ? "" : ", ") + std::to_string(step.number) + " b" + number(step.block) +
              " c" + number(step.crank);
    }
  }
  return text;
}

SlogText begun(SlogText::Dialect dialect) {
  SlogText log(dialect);
  return log.process().create("v1", "alice").create("v2", "bob");
}

TEST(SlogPlace, IsTheBlockThatWasBegunLastAndTheCrankOfTheDelivery) {
  for (const auto dialect : {SlogText::kOf2021, SlogText::kOfLater2021}) {
    SlogText log = begun(dialect);
    log.deliver("v1", "boot").block(7).deliver("v1", "a").deliver("v2", "b").block(8).block(9);
    log.deliver("v1", "c");
    const OpenedSlog slog(log.text);
    EXPECT_EQ(places(*slog, "v1"), "0 b- c1, 1 b7 c2, 2 b9 c4");
    EXPECT_EQ(places(*slog, "v2"), "0 b7 c3");
  }
}

TEST(SlogPlace, OfMarksIsThatOfTheirDelivery) {
  SlogText log = begun(SlogText::kOf2024);
  log.block(7).start_vat("v1").deliver("v1", "a").save("v1", "abcd").block(8).deliver("v1", "b");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(places(*slog, "v1"), "0 b7 c1, 1 b7 c1, 2 b7 c2, 3 b7 c2, 4 b7 c2, 5 b8 c3");
}

// The delivery before it was in another crank, and perhaps in another block.
TEST(SlogPlace, OfAMarkWhoseDeliveryIsDamagedIsNotKnown) {
  SlogText log = begun(SlogText::kOf2024);
  log.block(7).start_vat("v1").block(8).deliver("v1", "a").save("v1", "abcd").deliver("v1", "b");
  const size_t at = log.text.find("\"vd\":[\"message\",\"a\"]");
  log.text[log.text.rfind("{\"type\":\"deliver\"", at)] = '#';
  const OpenedSlog slog(log.text);
  EXPECT_EQ(places(*slog, "v1"), "0 b7 c1, 1 b7 c1, 3 b- c-, 4 b- c-, 5 b- c3");
}

// It may have been the beginning of a block.
TEST(SlogPlace, BehindADamagedLineIsInNoBlockUntilTheNextBegins) {
  SlogText log = begun(SlogText::kOf2021);
  log.block(7).deliver("v1", "a").raw("{\"time\":1,\"type\":\"cosmic-swings").deliver("v1", "b");
  log.block(9).deliver("v1", "c");
  EXPECT_EQ(places(*OpenedSlog(log.text), "v1"), "0 b7 c1, 1 b- c2, 2 b9 c3");
}

TEST(SlogPlace, OfOneStepIsTheSameAsInAWholeReading) {
  SlogText log = begun(SlogText::kOf2024);
  log.start_vat("v1");
  for (uint64_t height = 1; height <= 100; ++height) log.block(height).deliver("v1", "a");
  log.save("v1", "abcd");
  const OpenedSlog slog(log.text);
  Step step;
  for (const uint64_t wanted : {2U, 50U, 101U, 102U}) {
    const auto stream = slog->steps("v1", {wanted, wanted + 1});
    ASSERT_TRUE(stream->next(step));
    EXPECT_EQ(step.crank, wanted == 102 ? 101 : wanted);
    EXPECT_EQ(step.block, wanted == 102 ? 100 : wanted - 1);
  }
}

TEST(SlogPlace, OfABlockThatWasExecutedAgainIsThatOfTheExecutionThatCounts) {
  SlogText log = begun(SlogText::kOfLater2021);
  log.block(7).deliver("v1", "a").deliver("v1", "lost");
  log.process().create("v1", "alice").replay("v1", 1).roll_back(2, {{"v1", 1}});
  log.deliver("v1", "before any block").block(8).deliver("v1", "b");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(places(*slog, "v1"), "0 b7 c1, 1 b- c2, 2 b8 c3");
}

TEST(SlogPlace, IsNotTakenFromOtherRecordsThatNameAHeight) {
  SlogText log = begun(SlogText::kOf2021);
  log.block(7).raw(R"({"time":1,"type":"some-report","blockHeight":99})").deliver("v1", "a");
  EXPECT_EQ(places(*OpenedSlog(log.text), "v1"), "0 b7 c1");
}

}  // namespace slog_place_test
}  // namespace recrank::agoric
