#include "snapshot/stellar/height_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/stellar/height_log_line.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/ledger_fixture.h"

namespace recrank::stellar {
namespace height_log_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHead = "2026-05-04T13:00:00.000001Z  INFO henyey_app::run_cmd: ";

class HeightLog : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<Recording> open(const std::string& text) {
    write_bytes(file_, text);
    return open_recording(file_);
  }
  std::string lines(size_t from, size_t to) const {
    return closed_lines({ledgers_.begin() + static_cast<ptrdiff_t>(from),
                         ledgers_.begin() + static_cast<ptrdiff_t>(to)},
                        GetParam());
  }
  static std::vector<std::string> hashes(const Recording& recording, StepRange range) {
    std::vector<std::string> list;
    const auto steps = recording.steps("node", range);
    Step step;
    while (steps->next(step)) list.emplace_back(step.facts.back().value);
    return list;
  }

  const ScratchDir scratch_;
  const fs::path file_ = scratch_.path() / "henyey.log";
  const std::vector<MadeLedger> ledgers_ = make_ledgers(100, 10);
};

TEST_P(HeightLog, GivesTheLedgersThatWereClosed) {
  const auto recording = open(lines(0, 10));
  EXPECT_EQ(recording->info().kind, "height-log");
  EXPECT_TRUE(recording->info().notes.empty());
  EXPECT_THAT(recording->subjects().at(0).held, ElementsAre(StepRange{100, 110}));
  EXPECT_THAT(hashes(*recording, {103, 105}),
              ElementsAre(ledgers_.at(3).hash, ledgers_.at(4).hash));
  const auto steps = recording->steps("node", {109, 110});
  Step step;
  ASSERT_TRUE(steps->next(step));
  std::vector<std::string> names;
  for (const NamedFact& each : step.facts) names.emplace_back(each.name);
  EXPECT_THAT(names, ElementsAre("close_time", "tx_count", "tx_result_hash", "bucket_list_hash",
                                 "total_coins", "fee_pool", "ledger_hash"));
  EXPECT_EQ(step.facts.at(4).value, "1054439020873472865");
}

TEST_P(HeightLog, OfAPrivateNetworkBeginsBehindEachEighthLedger) {
  const std::string fields =
      GetParam() ? R"({"timestamp":"t","level":"INFO","fields":{"message":"Starting henyey node",)"
                   R"("mode":"validator","node_name":"local","network":"Standalone Network ; )"
                   R"(February 2017"},"target":"henyey_app::run_cmd"})"
                 : std::string(kHead) +
                       "Starting henyey node mode=validator node_name=local "
                       "network=Standalone Network ; February 2017";
  std::vector<uint64_t> starts;
  for (const Checkpoint& each : open(fields + "\n" + lines(0, 10))->checkpoints("node")) {
    starts.push_back(each.next_step);
  }
  EXPECT_THAT(starts, ElementsAre(100, 104));
}

TEST_P(HeightLog, ATornLastLineCountsForNothing) {
  std::string text = lines(0, 4);
  text.pop_back();  // whole but for its end: nobody knows whether its last figure is whole
  const auto recording = open(text);
  EXPECT_THAT(recording->subjects().at(0).held, ElementsAre(StepRange{100, 103}));
  ASSERT_EQ(recording->info().notes.size(), 1U);
  EXPECT_THAT(recording->info().notes.at(0), HasSubstr("henyey.log:4: the last line is torn"));
}

TEST_P(HeightLog, OfALedgerThatWasClosedAgainTheLastTimeCounts) {
  const auto other = make_ledgers(100, 10, [](LedgerHeader& h) {
    if (h.seq == 104) ++h.fee_pool;
  });
  const auto recording =
      open(lines(0, 6) + closed_lines({other.begin() + 3, other.end()}, GetParam()));
  EXPECT_THAT(recording->subjects().at(0).held, ElementsAre(StepRange{100, 110}));
  EXPECT_THAT(hashes(*recording, {102, 106}), ElementsAre(ledgers_.at(2).hash, ledgers_.at(3).hash,
                                                          other.at(4).hash, other.at(5).hash));
  EXPECT_THAT(
      recording->info().notes,
      ElementsAre(HasSubstr("ledger 104 was closed twice with different hashes, in lines 5 and 8"),
                  HasSubstr("ledger 105 was closed twice"),
                  HasSubstr("3 ledgers were closed again")));
}

TEST_P(HeightLog, SplitsWhatItHoldsAtAGap) {
  const auto recording = open(lines(0, 3) + lines(5, 10));
  EXPECT_THAT(recording->subjects().at(0).held,
              ElementsAre(StepRange{100, 103}, StepRange{105, 110}));
  EXPECT_THROW((void)recording->steps("node", {102, 106}), Error);
}

TEST_P(HeightLog, AHashThatIsNoneIsToldAndItsLedgerIsNotHeld) {
  auto bad = ledgers_;
  bad.at(2).hash = "xyz";
  const auto recording = open(closed_lines(bad, GetParam()));
  EXPECT_THAT(recording->subjects().at(0).held,
              ElementsAre(StepRange{100, 102}, StepRange{103, 110}));
  EXPECT_THAT(recording->info().notes, ElementsAre(HasSubstr("its computed_hash is no hash: xyz")));
}

INSTANTIATE_TEST_SUITE_P(TextAndJson, HeightLog, testing::Bool(),
                         [](const auto& each) { return each.param ? "Json" : "Text"; });

class HeightLogText : public HeightLog {};
INSTANTIATE_TEST_SUITE_P(Text, HeightLogText, testing::Values(false));

TEST_P(HeightLogText, TellsMismatchesFatalStatesAndAborts) {
  const std::string error = "2026-05-04T14:04:09.000001Z ERROR henyey_ledger::manager: ";
  const auto recording =
      open(std::string(kHead) +
           "Starting henyey node mode=validator node_name=v-7 network=Public Global "
           "Stellar Network ; September 2015\n" +
           lines(0, 2) + error +
           "Hash mismatch - our computed header hash differs from network's prev_ledger_hash "
           "current_seq=101 close_seq=102\n" +
           error + "WATCHDOG: Auto-aborting after 300s freeze\n" +
           "thread 'main' panicked at 'out of memory'\nError: Node shutdown due to fatal state\n" +
           std::string(kHead) + "Heartbeat heartbeat=true ledger=101\n");
  EXPECT_EQ(recording->subjects().at(0).name, "v-7");
  EXPECT_THAT(
      recording->info().notes,
      ElementsAre(HasSubstr("henyey.log:4: Hash mismatch - our computed"),
                  HasSubstr("henyey.log:5: WATCHDOG: Auto-aborting"),
                  HasSubstr("panicked at 'out of memory'"), HasSubstr("Error: Node shutdown")));
}

TEST_P(HeightLogText, DetailsOfAClosedLedgerAreNotASecondOne) {
  const auto recording =
      open(lines(0, 1) + std::string(kHead) +
           "Ledger closed details ledger_seq=100 tx_set_hash=ab\n" + lines(1, 2));
  EXPECT_THAT(recording->subjects().at(0).held, ElementsAre(StepRange{100, 102}));
  EXPECT_TRUE(recording->info().notes.empty());
}

TEST_P(HeightLogText, FindsLedgersFarApartInALongLog) {
  std::string noise;
  for (int i = 0; i < 8000; ++i)
    noise += std::string(kHead) + "Heartbeat heartbeat=true ledger=101\n";
  const auto recording = open(lines(5, 10) + noise + lines(0, 5));
  EXPECT_THAT(recording->subjects().at(0).held, ElementsAre(StepRange{100, 110}));
  const auto all = hashes(*recording, {100, 110});
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(all.at(i), ledgers_.at(i).hash);
}

TEST(HeightLogLine, LinesOfOtherProgramsAreNotTakenForIts) {
  EXPECT_FALSE(is_height_log_line(R"({"time":1,"type":"deliver"})"));
  EXPECT_FALSE(is_height_log_line("2026-05-04T13:00:00Z INFO dispatch::server: Ledger closed"));
  EXPECT_FALSE(is_height_log_line("henyey_x: y"));
  EXPECT_TRUE(is_height_log_line(std::string(kHead) + "x"));
  EXPECT_EQ(read_height_line("{\"fields\":{\"message\":\"FATAL: x\"}").kind,
            HeightLineKind::kOther);
  EXPECT_THROW((void)read_height_line("{\"fields\":{\"message\":\"Ledger closed\"}}"), Error);
}

}  // namespace height_log_test
}  // namespace recrank::stellar
