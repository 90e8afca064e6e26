// What a shrink says of a crash that leaving steps out cannot keep, and early.

#include "harness/shrink/shrink_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/scratch_dir.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace shrink_session_test {

using testing::HasSubstr;

class ShrinkSession : public testing::Test {
 protected:
  ShrinkSession() {
    FakeStep start;
    start.delivery = R"(["startVat",{}])";
    recording_.add(start).add_deliveries(30);
  }
  [[nodiscard]] ShrinkResult shrink(const FakeEngine& engine) const {
    ShrinkRequest request;
    request.replay = replay_request();
    request.capsule = scratch_.path() / "small.crank";
    request.state = scratch_.path() / "state";
    return run_shrink(recording_, engine, request, {}, {});
  }

  FakeRecording recording_;
  ScratchDir scratch_;
};

TEST_F(ShrinkSession, SaysEarlyThatACrashHangsOnWhenCollectionsHappen) {
  FakeEngine engine(recording_);
  engine.dies_undisturbed(30, 30, killed_by(SIGSEGV));
  const ShrinkResult result = shrink(engine);
  EXPECT_EQ(result.end, ShrinkEnd::kHangsOnCollections);
  EXPECT_THAT(result.why, HasSubstr("with a heap written after step 15"));
  EXPECT_THAT(result.why, HasSubstr("recrank pack"));
  EXPECT_LE(result.counts.runs, 12U);
}

// It needs an early step, which the first probes miss, and does not care for collections.
TEST_F(ShrinkSession, GoesOnWhereACollectionChangesNothing) {
  FakeEngine engine(recording_);
  FakeAct lives;
  engine.at(30).dies = killed_by(SIGSEGV);
  engine.hinges(30, 1, lives);
  const ShrinkResult result = shrink(engine);
  // (Renumbered, the steps of its capsule are others to this engine.)
  EXPECT_EQ(result.end, ShrinkEnd::kNotProven);
  EXPECT_THAT(result.kept, testing::ElementsAre(0, 1, 30));
}

}  // namespace shrink_session_test
}  // namespace recrank
