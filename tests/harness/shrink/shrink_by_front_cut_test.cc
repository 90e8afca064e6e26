// What of a divergence stays: its last steps behind a checkpoint, from where the same first
// difference shows again.

#include "harness/shrink/shrink_by_front_cut.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/montana/montana.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/replay/replay_fixture.h"
#include "tests/support/snapshot/capsule_fixture.h"

namespace recrank {
namespace shrink_by_front_cut_test {

using namespace agoric;
using namespace montana;

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// A node of ten windows, whose engine tells another root in the eighth.
class ShrinkByFrontCut : public testing::Test {
 protected:
  ShrinkByFrontCut() {
    recording_.fake().mutable_info().dialect = kMontanaDialect;
    recording_.fake().subject().kind = "node";
    recording_.fake().setup() = {};
    for (int i = 0; i < 10; ++i) {
      recording_.fake().add(FakeStep::telling({{"state_root", "r" + std::to_string(i)}}));
    }
    reset();
  }
  // The engine as it is at first, of what the recording now holds.
  void reset() {
    engine_ = std::make_unique<FakeEngine>(recording_.fake());
    engine_->at(7).facts = {{"state_root", "wrong"}};
  }
  [[nodiscard]] FakeAct telling(const std::string& root) const {
    FakeAct act;
    act.facts = {{"state_root", root}};
    return act;
  }
  [[nodiscard]] fs::path capsule() const { return scratch_.path() / "small.crank"; }
  [[nodiscard]] ShrinkResult shrink(const HoldRule& rule = {}) {
    ShrinkRequest request;
    request.replay = replay_request();
    request.rule = rule;
    request.capsule = capsule();
    request.state = scratch_.path() / "state";
    return run_shrink(recording_, *engine_, request, {}, {});
  }

  HeapRecording recording_;
  std::unique_ptr<FakeEngine> engine_;
  ScratchDir scratch_;
};

TEST_F(ShrinkByFrontCut, KeepsTheTablesAndTheOneWindow) {
  const ShrinkResult result = shrink();
  ASSERT_EQ(result.end, ShrinkEnd::kShrunk) << result.why;
  EXPECT_EQ(verdict_text(result.verdict), "diverged 7: 7 state_root");
  EXPECT_THAT(result.kept, ElementsAre(7));
  EXPECT_EQ(result.begins.label(), "tables@7");
  EXPECT_TRUE(result.begins_written);
  EXPECT_TRUE(result.minimal);
  EXPECT_EQ(result.steps_before, 8U);
  EXPECT_EQ(result.probes, 1U);
  const auto made = open_recording(capsule());
  EXPECT_EQ(made->subjects().front().kind, "node");
  EXPECT_THAT(made->verify({}).damage, testing::IsEmpty());
  const UniqueFd tables =
      made->open_snapshot("v1", made->checkpoints("v1").front(), SnapshotTrust::kHash);
  std::string text(64, '\0');
  text.resize(read_some_at(tables.get(), text.data(), text.size(), 0, "tables"));
  EXPECT_EQ(text, "heap after 6");
  ASSERT_TRUE(made->claim() != nullptr && made->claim()->verdict);
  EXPECT_EQ(made->claim()->verdict->step, 7U);
}

TEST_F(ShrinkByFrontCut, OfAVatBeginsWithItsHeap) {
  recording_.fake().mutable_info().dialect = kXsnap2024;
  recording_.fake().subject().kind = "vat";
  EXPECT_EQ(shrink().begins.label(), "snapshot@7");
}

TEST_F(ShrinkByFrontCut, GoesFurtherToTheFrontWhereItHangsOnAnEarlierWindow) {
  engine_->hinges(7, 4, telling("r7"));
  const ShrinkResult result = shrink();
  ASSERT_EQ(result.end, ShrinkEnd::kShrunk) << result.why;
  EXPECT_THAT(result.kept, ElementsAre(4, 5, 6, 7));
  EXPECT_TRUE(result.minimal);
  EXPECT_EQ(result.probes, 4U);  // 7, 6, 4, 5
}

// Writing a heap may itself move computrons: that is another difference at the same place.
TEST_F(ShrinkByFrontCut, AnotherAnswerAtTheSameFactIsNotTheSameDifference) {
  engine_->hinges(7, 4, telling("also wrong"));
  EXPECT_THAT(shrink().kept, ElementsAre(4, 5, 6, 7));
}

TEST_F(ShrinkByFrontCut, AnEarlierDifferenceIsNotTheSameOne) {
  engine_->hinges(6, 5, telling("wrong"));
  EXPECT_THAT(shrink().kept, ElementsAre(7));
  fs::remove(capsule());
  engine_->hinges(7, 6, telling("r7"));
  EXPECT_THAT(shrink().kept, ElementsAre(5, 6, 7));
}

TEST_F(ShrinkByFrontCut, ACheckpointOfTheRecordingIsTakenWhereOneStands) {
  recording_.tables(7, 1000);
  const ShrinkResult result = shrink();
  EXPECT_THAT(result.kept, ElementsAre(7));
  EXPECT_FALSE(result.begins_written);
  EXPECT_THAT(engine_->log(), testing::Not(testing::Contains("checkpoint")));
}

TEST_F(ShrinkByFrontCut, AnEngineThatWritesNothingBeginsAtTheNearestRecordedCheckpoint) {
  recording_.tables(3, 1000);
  recording_.tables(5, 1000);
  engine_->writes_no_checkpoint();
  ShrinkResult result = shrink();
  ASSERT_EQ(result.end, ShrinkEnd::kShrunk) << result.why;
  EXPECT_THAT(result.kept, ElementsAre(5, 6, 7));
  EXPECT_EQ(result.begins.label(), "tables@5");
  EXPECT_FALSE(result.begins_written);
  EXPECT_FALSE(result.minimal);  // nothing between was asked
  EXPECT_FALSE(result.out_of_budget);
  fs::remove(capsule());
  engine_->hinges(7, 4, telling("r7"));
  result = shrink();
  EXPECT_EQ(result.begins.label(), "tables@3");
}

TEST_F(ShrinkByFrontCut, NeverReachesOverTheStartOfAnIncarnation) {
  recording_.fake().checkpoint(CheckpointKind::kGenesis, 5);
  engine_->writes_no_checkpoint();
  const ShrinkResult result = shrink();
  EXPECT_THAT(result.kept, ElementsAre(5, 6, 7));
  EXPECT_EQ(result.begins.label(), "genesis@5");
}

TEST_F(ShrinkByFrontCut, ADeathWhileItWritesSendsItFurtherToTheFront) {
  engine_->heap_dies_after(6, killed_by(SIGSEGV));
  EXPECT_THAT(shrink().kept, ElementsAre(6, 7));
}

TEST_F(ShrinkByFrontCut, WhatNoCapsuleShowsIsNotWritten) {
  int runs = 0;
  engine_->before_step([&](uint64_t step) {
    if (step == 7 && ++runs == 2) engine_->at(7).facts = {{"state_root", "r7"}};
  });
  const ShrinkResult result = shrink();
  EXPECT_EQ(result.end, ShrinkEnd::kNotProven);
  EXPECT_THAT(result.why, HasSubstr("its replay is clean"));
  for (const auto& left : fs::directory_iterator(scratch_.path())) {
    ADD_FAILURE() << left.path();
  }
}

// What is claimed of it rests on more runs than the one that each place was asked in.
TEST_F(ShrinkByFrontCut, TellsTheRunsThatItsClaimRestsOn) {
  engine_->hinges(7, 4, telling("r7"));
  const ShrinkResult result = shrink();
  EXPECT_TRUE(result.minimal);
  EXPECT_FALSE(result.flaky);
  EXPECT_EQ(result.shown.hits, 5U);
  EXPECT_EQ(result.shown.runs, 5U);
  EXPECT_EQ(result.later.hits, 0U);
  EXPECT_EQ(result.later.runs, 5U);
}

TEST_F(ShrinkByFrontCut, NeverCallsMinimalWhatOneRunMissed) {
  // It shows in every other run: the last place misses by chance, the one before it shows.
  int runs = 0;
  engine_->before_step([&](uint64_t step) {
    if (step != 7) return;
    engine_->at(7).facts = {{"state_root", runs++ % 2 == 0 ? "wrong" : "r7"}};
  });
  const ShrinkResult result = shrink();
  ASSERT_EQ(result.end, ShrinkEnd::kShrunk) << result.why;
  EXPECT_TRUE(result.flaky);
  EXPECT_FALSE(result.minimal);
  EXPECT_LT(result.shown.hits, result.shown.runs);
}

TEST_F(ShrinkByFrontCut, OneThatComesAndGoesIsKeptAtItsRate) {
  int runs = 0;
  engine_->before_step([&](uint64_t step) {
    if (step != 7) return;
    engine_->at(7).facts = {{"state_root", runs++ % 2 == 0 ? "wrong" : "r7"}};
  });
  EXPECT_EQ(shrink({0.4, 5}).end, ShrinkEnd::kShrunk);
  fs::remove(capsule());
  EXPECT_EQ(shrink({0.9, 5}).end, ShrinkEnd::kNotProven);
}

}  // namespace shrink_by_front_cut_test
}  // namespace recrank
