#include "snapshot/joined_recording.h"
#include "snapshot/agoric/dialect_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "snapshot/montana/montana.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace joined_recording_test {

using namespace agoric;
using namespace montana;

using testing::HasSubstr;

// Windows 0 and on of a node that tells a root and, of its own, who proposed.
std::unique_ptr<FakeRecording> node(uint64_t steps, const std::string& root = "r") {
  auto recording = std::make_unique<FakeRecording>(kMontanaDialect);
  for (uint64_t i = 0; i < steps; ++i) {
    recording->add(
        FakeStep::telling({{"root", root + std::to_string(i)}, {"proposer", root, true}}));
  }
  return recording;
}

std::string refusal(std::unique_ptr<Recording> steps, std::unique_ptr<Recording> state) {
  try {
    return join_checkpoints(std::move(steps), std::move(state))->subjects().front().not_replayable;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
}

TEST(JoinedRecording, HasTheStepsOfOneAndTheCheckpointsOfTheOther) {
  auto state = node(4);
  state->checkpoint(CheckpointKind::kTables, 4);
  auto steps = node(9);
  steps->subject().not_replayable = "its own state is of no use";
  const auto joined = join_checkpoints(std::move(steps), std::move(state));
  EXPECT_EQ(joined->subjects().front().held_count(), 9U);
  EXPECT_EQ(joined->subjects().front().not_replayable, "");
  bool found = false;
  for (const Checkpoint& each : joined->checkpoints("v1"))
    found = found || each.label() == "tables@4";
  EXPECT_TRUE(found);
  Step step;
  ASSERT_TRUE(joined->steps("v1", {8, 9})->next(step));
  EXPECT_EQ(step.facts[0].value, "r8");
}

TEST(JoinedRecording, OfTwoHistoriesIsRefusedByTheFactThatDiffers) {
  auto state = node(4, "other");
  state->checkpoint(CheckpointKind::kTables, 4);
  EXPECT_THAT(refusal(node(9), std::move(state)), HasSubstr("in step 3 root is r3 and other3"));
}

TEST(JoinedRecording, MayHaveLastStepsThatDifferInLocalFacts) {
  auto state = node(4);
  state->step(3).facts[1].value = "another proposer";
  state->checkpoint(CheckpointKind::kTables, 4);
  EXPECT_EQ(refusal(node(9), std::move(state)), "");
}

TEST(JoinedRecording, OfTwoErasIsRefused) {
  auto state = std::make_unique<FakeRecording>(kXsnap2024);
  state->add_deliveries(3);
  EXPECT_THAT(refusal(node(9), std::move(state)), HasSubstr("xsnap-2024"));
}

TEST(JoinedRecording, WithoutAStepBehindTheStateCannotBeReplayedAndSaysWhy) {
  auto state = node(20);
  state->drop({0, 1});
  state->checkpoint(CheckpointKind::kTables, 20);
  auto steps = node(9);
  steps->drop({0, 1});
  EXPECT_THAT(refusal(std::move(steps), std::move(state)), HasSubstr("tables@20"));
}

TEST(JoinedRecording, ChecksTheHashesOfBoth) {
  auto state = node(4);
  state->checkpoint(CheckpointKind::kTables, 4).wrong_hash({"state", "wrong", "v1"});
  auto steps = node(9);
  steps->wrong_hash({"steps", "wrong", "v1"});
  const auto joined = join_checkpoints(std::move(steps), std::move(state));
  EXPECT_EQ(joined->verify({}).damage.size(), 2U);
  const VerifyScope heaps{"v1", std::nullopt, VerifyParts::kHeaps};
  ASSERT_EQ(joined->verify(heaps).damage.size(), 1U);
  EXPECT_EQ(joined->verify(heaps).damage.front().place, "state");
}

}  // namespace joined_recording_test
}  // namespace recrank
