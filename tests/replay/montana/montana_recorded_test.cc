// What a real node wrote (tests/support/snapshot/montana_recorded): stopped, killed, past a τ₂.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot/joined_recording.h"
#include "tests/replay/montana/montana_fixture.h"

namespace recrank::montana {
namespace montana_engine_test {

using testing::IsEmpty;

std::unique_ptr<Recording> recorded(const std::string& name) {
  return open_recording(fs::path(RECRANK_SOURCE_DIR) / "tests/support/snapshot/montana_recorded" /
                        (name + ".tar.xz"));
}

std::unique_ptr<Recording> recorded_from(const std::string& name, const std::string& state) {
  return join_checkpoints(recorded(name), recorded(state));
}

std::string state_of(const Recording& recording) { return recording.info().facts.at(0).second; }

TEST(MontanaRecordings, StoppedNodeIsWholeWithItsClockAheadAndProven) {
  const auto stopped = recorded("stopped");
  EXPECT_EQ(state_of(*stopped), "whole at window 6, its clock one tick ahead");
  const HashReport hashes = stopped->verify({});
  EXPECT_THAT(hashes.damage, IsEmpty());
  EXPECT_EQ(hashes.spans, 5U);
  EXPECT_EQ(hashes.bundles, 4U) << "the first window behind a start has none";
  const ReplayResult result = run(*recorded_from("stopped", "stopped-before"));
  EXPECT_EQ(verdict_text(result.verdict), "clean") << result.verdict.reason;
  EXPECT_EQ(result.plan.range, (StepRange{4, 7}));
}

TEST(MontanaRecordings, KilledNodeIsTornAndReplayedFromItsTables) {
  const auto killed = recorded("killed");
  EXPECT_EQ(state_of(*killed),
            "torn: the tables are 1 window behind last_cemented 10 (at 9); the clock is behind "
            "(at 9)");
  ReplayRequest request = node_request();
  request.from = 10;
  EXPECT_EQ(verdict_text(run(*killed, request).verdict), "clean");
}

TEST(MontanaRecordings, NodeThatWasKilledAndStartedAgainPartsWhereItsTablesWereBehind) {
  ReplayRequest request = node_request();
  request.from = 10;
  const Verdict verdict = run(*recorded_from("killed-restarted", "killed"), request).verdict;
  EXPECT_EQ(verdict_text(verdict),
            "diverged 11: 11 node_root, 11 account_root, 11 state_root, 11 t_r");
}

TEST(MontanaRecordings, EndOfAnEpochIsPassed) {
  EXPECT_THAT(recorded("epoch")->verify({}).damage, IsEmpty());
  const ReplayResult result = run(*recorded_from("epoch", "epoch-before"));
  EXPECT_EQ(verdict_text(result.verdict), "clean") << result.verdict.reason;
  EXPECT_EQ(result.plan.range, (StepRange{20159, 20164}));
}

}  // namespace montana_engine_test
}  // namespace recrank::montana
