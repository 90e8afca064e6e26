// A clock that is a tick ahead of the windows, and D on both sides of the end of a τ₂.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot/montana/montana_tables.h"
#include "tests/snapshot/montana/montana_fixture.h"
#include "tests/support/snapshot/montana_generator.h"

namespace recrank::montana {
namespace montana_test {

using testing::AllOf;
using testing::HasSubstr;

class MontanaClockFile : public MontanaDirectory {};

TEST_F(MontanaClockFile, ClockOneTickAheadIsWholeAndItsValueIsProvenFromD) {
  MontanaGenerator(place()).run(5).save().save_clock_ahead();
  EXPECT_EQ(fact(*open(), "state"), "whole at window 5, its clock one tick ahead");
  EXPECT_EQ(fact(*open(), "clock_at"), "6");
  EXPECT_EQ(open()->checkpoints("node").at(0).only_when_asked, "");
  EXPECT_EQ(damage(*open()), "");
  flip_bits(place() / "meta/timechain.bin", kClockFileValue);
  EXPECT_THAT(damage(*open()), AllOf(HasSubstr("meta/timechain.bin: its t_r of window 6 is"),
                                     HasSubstr("3 hashes (its D) of the t_r before")));
}

TEST_F(MontanaClockFile, ClockTwoTicksAheadIsATear) {
  MontanaGenerator(place()).run(5).save().save_clock(7);
  EXPECT_EQ(fact(*open(), "state"), "torn: the clock is ahead (at 7)");
}

TEST_F(MontanaClockFile, ClockAheadWithoutAnyCounterIsHeldAgainstTheTables) {
  MontanaGenerator(place()).run(5).save().save_clock(7);
  fs::remove(place() / "meta/current_window.bin");
  fs::remove(place() / "meta_last_cemented.bin");
  EXPECT_EQ(fact(*open(), "state"), "torn: the clock is ahead (at 7)");
}

TEST_F(MontanaClockFile, ClockAheadIsHeldAgainstTheHeaderOfItsWindowWhereThatIsHeld) {
  MontanaGenerator(place()).run(5).save().save_clock_ahead().run(1);
  EXPECT_EQ(damage(*open()), "");
  flip_bits(place() / "meta/timechain.bin", kClockFileValue);
  EXPECT_THAT(damage(*open()), HasSubstr("its t_r of window 6 is"));
}

TEST_F(MontanaClockFile, ClockThatTakesTooLongToProveIsToldAsUncovered) {
  MontanaGenerator(place()).run(5).save().save_clock_ahead();
  flip_bits(place() / "meta/timechain.bin", kClockFileHashes + 4);
  EXPECT_THAT(uncovered(*open()), HasSubstr("t_r of window 6 in meta/timechain.bin"));
}

TEST_F(MontanaClockFile, TablesOfANodeThatHoldsNoWindowAreUnprovenAndNotWrong) {
  MontanaGenerator(place()).run(5).save().forget_proposals({1, 6});
  EXPECT_EQ(fact(*open(), "state"), "unproven: no window is held that its tables could be of");
  EXPECT_EQ(damage(*open()), "");
  EXPECT_THAT(uncovered(*open()), HasSubstr("the tables: no window is held"));
  fs::resize_file(place() / "accounts.bin", 2000);
  EXPECT_THAT(damage(*open()), HasSubstr("accounts.bin: 2000 bytes"));
}

// The D behind the tables, whichever side of the end of a τ₂ the clock file was written on.
TEST_F(MontanaClockFile, ClockFileOfTheOtherSideOfAnEpochTellsTheDBehindTheTables) {
  const auto packed_hashes = [&](uint64_t last_window) {
    const auto recording = open();
    const auto packed = recording->open_snapshot("node", recording->checkpoints("node").at(0),
                                                 SnapshotTrust::kHash);
    const auto head = read_packed_head(packed.get(), "packed");
    EXPECT_EQ(head.window, last_window);
    return head.clock_hashes;
  };
  MontanaGenerator generator(place(), {.first_window = 20150, .clock_hashes = 1000});
  generator.run(10).save();
  EXPECT_EQ(packed_hashes(20159), 1000U);
  generator.save_clock_ahead();
  EXPECT_EQ(packed_hashes(20159), 1000U) << "ticked, but the end of the τ₂ has not come yet";
  generator.save_clock().run(1);
  for (const Table table : kTables) generator.save_table(table);
  EXPECT_EQ(packed_hashes(20160), 1030U) << "torn: the clock file is of the window before";
  generator.save();
  EXPECT_EQ(packed_hashes(20160), 1030U);
  generator.run(1).save_clock_ahead();
  EXPECT_EQ(packed_hashes(20160), 1030U);
}

TEST(MontanaFormat, RaisedDIsUnraisedAgain) {
  for (const uint64_t hashes : {1UL, 3UL, 33UL, 34UL, 1000UL, 325'000'000UL, 334'750'001UL}) {
    EXPECT_EQ(unraised_clock_hashes(raised_clock_hashes(hashes)), hashes);
  }
  EXPECT_EQ(raised_clock_hashes(325'000'000), 334'750'000U);
  EXPECT_EQ(unraised_clock_hashes(34), std::nullopt) << "33 is raised to 33, 34 to 35";
  EXPECT_EQ(unraised_clock_hashes(UINT64_MAX), std::nullopt);
}

}  // namespace montana_test
}  // namespace recrank::montana
