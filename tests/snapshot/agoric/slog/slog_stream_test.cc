// A stream goes straight to the deliveries that it wants, wherever others' stand between them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_stream_test {

constexpr const char* kVats[] = {"v1", "v2", "v3"};
constexpr int kRounds = 100;  // several groups of marks for each vat

std::string what(const std::string& vat, int round) { return vat + "." + std::to_string(round); }

void deliver_to_all(SlogText& log, int round) {
  for (const char* vat : kVats) log.deliver(vat, what(vat, round), {{"x", "1"}});
}

void deliver_rounds(SlogText& log, int from, int to) {
  for (int round = from; round < to; ++round) deliver_to_all(log, round);
}

// A process that is killed leaves a line without its end.
void tear(SlogText& log) {
  log.text += R"({"time":1700000000.5,"type":"syscall","crankNum":7,"vsc":["a)";
}

SlogText begun(SlogText::Dialect dialect) {
  SlogText log(dialect);
  log.process();
  for (const char* vat : kVats) {
    log.create(vat, "name-" + std::string(vat));
    if (dialect == SlogText::kOf2024) log.start_vat(vat);
    else log.replay(vat, 0);
  }
  return log;
}

// Every step of every vat, each read by a stream of its own, as in one reading of the whole.
void expect_alone_as_in_whole(const Recording& recording) {
  for (const char* vat : kVats) {
    for (const StepRange& range : find_subject(recording, vat).held) {
      const std::vector<std::string> whole = steps_of(recording, vat, range);
      ASSERT_EQ(whole.size(), range.end - range.begin);
      for (uint64_t number = range.begin; number < range.end; ++number) {
        ASSERT_EQ(story(recording, vat, {number, number + 1}), whole[number - range.begin]);
        const uint64_t end = std::min(number + 5, range.end);
        ASSERT_EQ(steps_of(recording, vat, {number, end}).back(), whole[end - 1 - range.begin]);
      }
    }
  }
}

class SlogStream : public testing::TestWithParam<SlogText::Dialect> {};

TEST_P(SlogStream, ReadsAStepAloneAsInAReadingOfTheWhole) {
  SlogText log = begun(GetParam());
  for (int round = 0; round < kRounds; ++round) {
    if (round % 7 == 0) tear(log);  // the next record stands in the middle of a line
    deliver_to_all(log, round);
    if (GetParam() == SlogText::kOf2024 && round % 30 == 29) log.save("v2", "ab");
    if (GetParam() == SlogText::kOf2024 && round == 50) log.create("v3", "new").start_vat("v3");
  }
  const OpenedSlog slog(log.text);
  expect_alone_as_in_whole(*slog);
  EXPECT_GE(find_subject(*slog, "v1").held_count(), static_cast<uint64_t>(kRounds));
}

// The log of a process that dies `lost` rounds after its last commit, and of the next one's start.
SlogText restarted(SlogText::Dialect dialect, int lost) {
  SlogText log = begun(dialect);
  deliver_rounds(log, 0, kRounds - lost);
  const uint64_t crank = log.crank;
  for (int i = 0; i < lost; ++i) {
    for (const char* vat : kVats) log.deliver(vat, "lost");
  }
  std::map<std::string, uint64_t> positions;
  const int first = dialect == SlogText::kOf2024 ? 2 : 0;  // behind initialize-worker and startVat
  for (const char* vat : kVats) positions[vat] = static_cast<uint64_t>(first + kRounds - lost);
  log.process().roll_back(crank, positions);
  for (const char* vat : kVats) {
    log.create(vat, "name-" + std::string(vat)).replay(vat, positions[vat]);
  }
  return log;
}

constexpr int kLost[] = {1, 31, 32, 33, 70};

TEST_P(SlogStream, PassesOverWhatALaterProcessExecutedAgain) {
  SlogText straight = begun(GetParam());
  deliver_rounds(straight, 0, kRounds + 40);
  const OpenedSlog expected(straight.text);
  for (const int lost : kLost) {
    SlogText log = restarted(GetParam(), lost);
    deliver_rounds(log, kRounds - lost, kRounds + 40);
    const OpenedSlog slog(log.text);
    for (const char* vat : kVats) EXPECT_EQ(story(*slog, vat), story(*expected, vat)) << lost;
    expect_alone_as_in_whole(*slog);
  }
}

TEST_P(SlogStream, EndsWhereTheLostCranksBeganForAVatThatIsSilentSince) {
  for (const int lost : kLost) {
    SlogText log = restarted(GetParam(), lost);
    log.deliver("v1", "on");
    SlogText straight = begun(GetParam());
    deliver_rounds(straight, 0, kRounds - lost);
    const OpenedSlog slog(log.text);
    EXPECT_EQ(story(*slog, "v3"), story(*OpenedSlog(straight.text), "v3")) << lost;
    expect_alone_as_in_whole(*slog);
  }
}

INSTANTIATE_TEST_SUITE_P(AllDialects, SlogStream,
                         testing::Values(SlogText::kOf2021, SlogText::kOfLater2021,
                                         SlogText::kOf2024));

}  // namespace slog_stream_test
}  // namespace recrank::agoric
