// How the deliveries of a log become numbered steps, through restarts and lost cranks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_numbers_test {

using testing::HasSubstr;

TEST(SlogNumbers, MatchSyscallsThatCarryTheNextNumber) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0);
  log.deliver("v1", "a", {{"get", "null"}, {"set", "7"}}).deliver("v1", "b", {{"send", "null"}});
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 a(get=null,set=7) 1 b(send=null)");
}

TEST(SlogNumbers, CountOnWhereEachProcessCountsAnew) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a", {{"x", "null"}});
  log.deliver("v1", "b");
  log.process().create("v1", "alice").replay("v1", 2).deliver("v1", "c").deliver("v1", "d");
  log.process().create("v1", "alice").replay("v1", 4).deliver("v1", "e");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=null) 1 b 2 c 3 d 4 e");
  EXPECT_EQ(notes_of(*slog), "");
}

TEST(SlogNumbers, AreTakenAsTheyAreWhereTheyPersist) {
  SlogText log(SlogText::kOfLater2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a", {{"x", "null"}});
  log.process().create("v1", "alice").replay("v1", 1).deliver("v1", "b").deliver("v1", "c");
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 a(x=null) 1 b 2 c");
}

TEST(SlogNumbers, OfAReplayFromAHeapSnapshotDoNotCutTheHistory) {
  SlogText log(SlogText::kOfLater2021);
  log.process().create("v1", "alice").replay("v1", 0);
  for (const char* what : {"a", "b", "c"}) log.deliver("v1", what);
  log.process().create("v1", "alice").replay("v1", 1).deliver("v1", "d");
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 a 1 b 2 c 3 d");
}

TEST(SlogNumbers, BeginAtTheReplayedCountWhereTheLogBeginsWithAReplay) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 17).deliver("v1", "a", {{"x", "1"}});
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "17 a(x=1)");
  EXPECT_TRUE(slog->checkpoints("v1").empty());
  EXPECT_THAT(slog->subjects().at(0).not_replayable, HasSubstr("begins in the middle"));
}

TEST(SlogNumbers, AreNotGuessedWhereTheReplayRecordIsLost) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a", {{"x", "1"}});
  log.process().create("v1", "alice").deliver("v1", "b").deliver("v1", "c");
  log.process().create("v1", "alice").replay("v1", 3).deliver("v1", "d");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) | 3 d");
  EXPECT_THAT(notes_of(*slog), HasSubstr("v1: its deliveries from line 15"));
}

TEST(SlogNumbers, OfALogThatBeginsInsideAProcessAreNotTheKernels) {
  SlogText log(SlogText::kOf2021);
  log.deliver("v1", "a", {{"x", "1"}}).deliver("v1", "b");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b");
  EXPECT_EQ(slog->subjects().at(0).unnumbered_before, 2U);
  EXPECT_THAT(notes_of(*slog), HasSubstr("the numbers of v1 up to 1 may be lower"));
  EXPECT_TRUE(slog->checkpoints("v1").empty()) << "nobody knows where its history begins";
  EXPECT_THAT(slog->subjects().at(0).not_replayable, HasSubstr("begins in the middle"));
}

TEST(SlogNumbers, BecomeTheKernelsWithTheNextProcess) {
  SlogText log(SlogText::kOf2021);
  log.deliver("v1", "a", {{"x", "1"}}).deliver("v1", "b");
  log.process().create("v1", "alice").replay("v1", 40).deliver("v1", "c");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b | 40 c");
  EXPECT_EQ(slog->subjects().at(0).unnumbered_before, 2U);
}

TEST(SlogNumbers, AreNotTheKernelsWhereTheReplayRecordMayBeADamagedLine) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").raw("{\"time\":1,\"type\":\"start-rep");
  log.deliver("v1", "a", {{"x", "1"}}).deliver("v1", "b").create("v2", "bob").deliver("v2", "c");
  log.process().create("v1", "alice").replay("v1", 40).deliver("v1", "d");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b | 40 d");
  EXPECT_EQ(slog->subjects().at(0).unnumbered_before, 2U);
  EXPECT_EQ(slog->subjects().at(1).unnumbered_before, 0U)
      << "no line is damaged behind its beginning";
}

TEST(SlogNumbers, OfAVatThatIsMadeInTheFirstProcessAreTheKernels) {
  SlogText log(SlogText::kOf2021);
  log.deliver("v1", "a", {{"x", "1"}}).create("v2", "bob").deliver("v2", "b", {{"x", "1"}});
  const OpenedSlog slog(log.text);
  EXPECT_EQ(slog->subjects().at(1).unnumbered_before, 0U);
  EXPECT_EQ(slog->checkpoints("v2").size(), 1U);
}

TEST(SlogNumbers, AreTheKernelsWhereALaterProcessCountsOn) {
  SlogText log(SlogText::kOfLater2021);
  log.deliver("v1", "a").deliver("v1", "b");
  EXPECT_EQ(OpenedSlog(log.text)->subjects().at(0).unnumbered_before, 2U) << "it may be either";
  log.process().create("v1", "alice").replay("v1", 2).deliver("v1", "c");
  EXPECT_EQ(OpenedSlog(log.text)->subjects().at(0).unnumbered_before, 0U);
}

TEST(SlogNumbers, OfLostCranksAreCutInAPartThatTheKernelNumbersOtherwise) {
  SlogText log(SlogText::kOf2021);
  for (const char* what : {"a", "b", "c", "d"}) log.deliver("v1", what, {{"x", "1"}});
  const uint64_t lost = log.crank - 2;
  log.roll_back(lost, {{"v1", 42}});
  log.process().create("v1", "alice").replay("v1", 42).deliver("v1", "e").deliver("v1", "f");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b(x=1) | 42 e 43 f");
  EXPECT_EQ(slog->subjects().at(0).unnumbered_before, 2U);
}

TEST(SlogNumbers, OfASecondProcessAreNotItsCountsWhereTwoRecordsAreLost) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0);
  for (const char* what : {"a", "b", "c"}) log.deliver("v1", what, {{"x", "1"}});
  SlogText later(SlogText::kOf2021);
  later.crank = 4;
  later.process().create("v1", "alice").deliver("v1", "lost").deliver("v1", "d");
  const size_t first = later.text.find("{\"time\":", later.text.find("create-vat"));
  const size_t second = later.text.find("\"clist\"", later.text.find("\"lost\""));
  later.text.erase(first, later.text.rfind('{', second) - first);
  const OpenedSlog slog(log.text + later.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b(x=1) 2 c(x=1)");
}

TEST(SlogNumbers, LeaveAGapWhereADeliveryIsLost) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a").deliver("v1", "b");
  log.deliver("v1", "c");
  std::string text = log.text;
  const size_t at = text.find("\"vd\":[\"message\",\"b\"]");
  text[text.rfind("\"deliver\"", at) + 1] = 'D';  // another type: not a delivery any more
  const OpenedSlog slog(text);
  EXPECT_EQ(story(*slog, "v1"), "0 a | 2 c");
  EXPECT_THAT(notes_of(*slog), HasSubstr("1 end of a delivery stands without its beginning"));
  EXPECT_EQ(story(*slog, "v1", {0, 3}), "0 <chain.slog: v1: steps 0 to 2 are not all in the log>");
}

TEST(SlogNumbers, OfTheLaterEraIncludeTheStepsThatTheLogDoesNotShow) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").deliver("v1", "a").save("v1", "abcd");
  log.deliver("v1", "b");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(slog->info().dialect, kXsnap2024);
  EXPECT_EQ(story(*slog, "v1"), "0 init 1 startVat 2 a 3 save:abcd 4 load:abcd 5 b");
  const auto checkpoints = slog->checkpoints("v1");
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(checkpoints[0].label(), "genesis");
  EXPECT_EQ(checkpoints[1].label(), "snapshot@4");
  EXPECT_FALSE(checkpoints[1].available);
}

TEST(SlogNumbers, OfDeliveriesThatAreShownAgainDoNotCount) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").deliver("v1", "a");
  log.process().create("v1", "alice").replay("v1", 3).deliver("v1", "b");
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 init 1 startVat 2 a 3 b");
}

TEST(SlogNumbers, OfALogOfTheLaterEraMayBeginAnywhere) {
  SlogText log(SlogText::kOf2024);
  log.create("v1", "alice").replay("v1", 3000);
  log.deliver("v1", "a").save("v1", "ab").deliver("v1", "b");
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "3000 a 3001 save:ab00 3002 load:ab00 3003 b");
}

TEST(SlogNumbers, OfAnUpgradeIncludeTheEndOfTheOldWorker) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").deliver("v1", "boyd");
  log.roll_back(log.crank, {{"v1", 5}}).start_vat("v1").deliver("v1", "new");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 init 1 startVat 2 boyd 3 shutdown 4 init 5 startVat 6 new");
  EXPECT_EQ(slog->subjects().at(0).incarnations, 2U);
  EXPECT_EQ(slog->checkpoints("v1").at(1).label(), "genesis@4");
}

TEST(SlogNumbers, AnySubrangeReadsAsItsPartOfTheWhole) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").create("v2", "bob").start_vat("v1").start_vat("v2");
  for (int i = 0; i < 200; ++i) {
    log.deliver(i % 3 == 0 ? "v2" : "v1", "m" + std::to_string(i), {{"x", std::to_string(i)}});
    if (i % 17 == 0) log.save("v1", "ab");
    if (i == 100) log.roll_back(log.crank, {{"v1", 77}}).deliver("v1", "again");
  }
  const OpenedSlog slog(log.text);
  const StepRange all = slog->subjects().at(0).held.at(0);
  std::vector<std::string> single;
  for (uint64_t i = all.begin; i < all.end; ++i) single.push_back(story(*slog, "v1", {i, i + 1}));
  for (uint64_t from = all.begin; from < all.end; from += 3) {
    std::string expected;
    for (uint64_t to = from; to < all.end; ++to) {
      expected += (expected.empty() ? "" : " ") + single[to - all.begin];
      if (to % 7 == 0) {
        ASSERT_EQ(story(*slog, "v1", {from, to + 1}), expected);
      }
    }
  }
}

TEST(SlogLostCranks, AreReadFromTheirSecondExecution) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").create("v2", "bob").replay("v1", 0).replay("v2", 0);
  log.deliver("v1", "a", {{"x", "1"}}).deliver("v2", "b");
  log.deliver("v1", "lost").deliver("v2", "lost");
  log.roll_back(3, {{"v1", 1}, {"v2", 1}}).process().create("v1", "alice").create("v2", "bob");
  log.replay("v1", 1).replay("v2", 1).deliver("v2", "other").deliver("v1", "c");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 c");
  EXPECT_EQ(story(*slog, "v2"), "0 b 1 other");
  EXPECT_THAT(notes_of(*slog), HasSubstr("cranks 3 to 4 were executed again behind line"));
}

TEST(SlogLostCranks, AreDroppedForAVatThatGetsNothingAfterwards) {
  for (const auto dialect : {SlogText::kOf2021, SlogText::kOfLater2021, SlogText::kOf2024}) {
    SlogText log(dialect);
    log.process().create("v1", "alice").create("v2", "bob").replay("v1", 1).replay("v2", 1);
    for (int i = 0; i < 80; ++i) log.deliver("v1", "a").deliver("v2", "b");
    const uint64_t kept = log.crank;
    log.deliver("v1", "lost").deliver("v1", "lost").deliver("v2", "lost");
    log.roll_back(kept, {{"v1", 81}, {"v2", 81}}).process();
    log.create("v2", "bob").replay("v2", 81).deliver("v2", "again");
    const OpenedSlog slog(log.text);
    EXPECT_EQ(slog->subjects().at(0).held.back().end, 81U) << dialect;
    EXPECT_EQ(story(*slog, "v1", {80, 81}), "80 a");
    EXPECT_EQ(story(*slog, "v2", {80, 82}), "80 b 81 again");
  }
}

TEST(SlogLostCranks, AreSeenInTheReplayWhereNothingElseFollows) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a", {{"x", "1"}});
  log.deliver("v1", "lost").process().create("v1", "alice").replay("v1", 1);
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 a(x=1)");
}

TEST(SlogLostCranks, TakeTheWholeLifeOfAVatThatBeganInThem) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a", {{"x", "1"}});
  log.create("v2", "", ",\"vatParameters\":1").deliver("v2", "lost").deliver("v2", "lost");
  log.create("v3", "").deliver("v3", "lost");
  log.roll_back(2, {{"v2", 0}, {"v3", 0}}).process().create("v1", "alice").replay("v1", 1);
  log.deliver("v1", "b").create("v2", "", ",\"vatParameters\":2").deliver("v2", "new");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b");
  EXPECT_EQ(story(*slog, "v2"), "0 new");
  EXPECT_EQ(slog->setup("v2", 0).get(kVatParameters), "2");
  EXPECT_EQ(slog->subjects().size(), 2U) << "v3 never came to be";
}

TEST(SlogLostCranks, BringBackAVatThatEndedInThem) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a").deliver("v1", "end");
  log.terminate("v1");
  EXPECT_EQ(OpenedSlog(log.text)->subjects().at(0).state, SubjectState::kTerminated);
  log.roll_back(2, {{"v1", 1}}).process().create("v1", "alice").replay("v1", 1).deliver("v1", "b");
  EXPECT_EQ(OpenedSlog(log.text)->subjects().at(0).state, SubjectState::kAlive);
}

TEST(SlogLostCranks, MayBeLostTwice) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1");
  for (const char* what : {"first", "second", "third"}) {
    log.roll_back(2, {{"v1", 2}}).process().deliver("v1", what).deliver("v1", what);
  }
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 init 1 startVat 2 third 3 third");
}

TEST(SlogTakenBack, NumbersAreThoseOfTheLaterDelivery) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v9", "upgraded").start_vat("v9").deliver("v9", "a").deliver("v9", "boyd");
  log.roll_back(log.crank, {{"v9", 6}}).start_vat("v9", false);  // the upgrade fails
  const std::string so_far = story(*OpenedSlog(log.text), "v9");
  EXPECT_EQ(so_far, "0 init 1 startVat 2 a 3 boyd 4 shutdown 5 init 6 startVat!no start");
  log.roll_back(log.crank, {{"v9", 3}}).deliver("v9", "b").deliver("v9", "c");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v9"), "0 init 1 startVat 2 a 3 b 4 c");
  EXPECT_EQ(slog->subjects().at(0).incarnations, 1U);
  EXPECT_THAT(notes_of(*slog), HasSubstr("v9: the kernel took steps back 1 times"));
}

TEST(SlogTakenBack, IsNotAFailedStepWhoseSuccessorCountsOn) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").fail("v1", "boyd", "odd");
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 init 1 startVat 2 boyd!odd");
  log.roll_back(log.crank, {{"v1", 3}}).save("v1", "ab").deliver("v1", "a");
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"),
            "0 init 1 startVat 2 boyd?odd 3 save:ab00 4 load:ab00 5 a");
}

TEST(SlogTakenBack, SnapshotsAreForgotten) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").deliver("v1", "a").save("v1", "01d0");
  log.roll_back(2, {{"v1", 2}}).process().deliver("v1", "b").deliver("v1", "c").save("v1", "9e90");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 init 1 startVat 2 b 3 c 4 save:9e90 5 load:9e90");
  EXPECT_EQ(slog->checkpoints("v1").size(), 2U);
}

}  // namespace slog_numbers_test
}  // namespace recrank::agoric
