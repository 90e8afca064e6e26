// Where a tail may begin: nearest first, never over the start of a worker, a heap only when needed.

#include "harness/capture/tail_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "base/fd.h"
#include "tests/support/replay/replay_fixture.h"

namespace recrank {
namespace tail_start_test {

using testing::ElementsAre;
using testing::HasSubstr;

// Dies at `crash_step`; the labels of all starts that a tail of `wanted` steps can have.
std::vector<std::string> starts_of(const FakeRecording& recording, FakeEngine& engine,
                                   uint64_t crash_step, uint64_t wanted) {
  engine.at(crash_step).dies = killed_by(SIGSEGV);
  const ReplayRequest request = replay_request();
  const ReplayPlan plan = plan_replay(recording, request);
  TailStarts starts(recording, engine, request, plan, crash_step, wanted);
  std::vector<std::string> labels;
  while (const auto start = starts.next({})) {
    if (!starts.passed_over().empty()) labels.push_back("passed over");
    labels.push_back(start->label);
    EXPECT_EQ(start->plan.range.end, crash_step + 1);
    EXPECT_EQ(start->plan.range.begin, start->plan.checkpoint.next_step);
    const ReplayResult result =
        replay(start->recording(recording), engine, request, start->plan, {}, nullptr);
    EXPECT_EQ(verdict_text(result.verdict), "crashed " + std::to_string(crash_step))
        << start->label;
  }
  return labels;
}

size_t heaps_written(const FakeEngine& engine) {
  return static_cast<size_t>(std::count(engine.log().begin(), engine.log().end(), "checkpoint"));
}

TEST(TailStarts, AreAHeapWrittenBeforeTheStepThenTheNearestSnapshotThenGenesis) {
  FakeRecording recording;
  recording.add_deliveries(10);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 3);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 9);
  FakeEngine engine(recording);
  EXPECT_THAT(starts_of(recording, engine, 8, 1),
              ElementsAre("a heap written before step 8", "snapshot@6", "genesis"));
  EXPECT_EQ(heaps_written(engine), 1U);
}

TEST(TailStarts, NeedNoHeapWhereASnapshotStandsAtTheStep) {
  FakeRecording recording;
  recording.add_deliveries(10);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 6);
  FakeEngine engine(recording);
  EXPECT_THAT(starts_of(recording, engine, 8, 3), ElementsAre("snapshot@6", "genesis"));
  EXPECT_EQ(heaps_written(engine), 0U);
}

TEST(TailStarts, DoNotUseASnapshotWhoseBytesArePruned) {
  FakeRecording recording;
  recording.add_deliveries(10);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 6, false);
  FakeEngine engine(recording);
  EXPECT_THAT(starts_of(recording, engine, 6, 1),
              ElementsAre("a heap written before step 6", "genesis"));
}

TEST(TailStarts, OfMoreStepsThanThereAreIsGenesisAlone) {
  FakeRecording recording;
  recording.add_deliveries(5);
  FakeEngine engine(recording);
  EXPECT_THAT(starts_of(recording, engine, 2, 99), ElementsAre("genesis"));
  EXPECT_THAT(starts_of(recording, engine, 0, 1), ElementsAre("genesis"));
}

TEST(TailStarts, NeverReachOverTheStartOfAWorker) {
  FakeRecording recording;
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(4);
  recording.add(FakeStep::of(StepKind::kShutdownWorker));
  recording.add(FakeStep::of(StepKind::kInitializeWorker));  // step 6
  recording.checkpoint(CheckpointKind::kGenesis, 6);
  recording.add_deliveries(3);
  FakeEngine engine(recording);
  for (const std::string& label : starts_of(recording, engine, 8, 99)) {
    EXPECT_THAT(label, testing::Not("genesis"));
    EXPECT_THAT(label, HasSubstr("6"));
  }
}

TEST(TailStarts, TellWhenNoHeapCouldBeWrittenAndGoOn) {
  FakeRecording recording;
  recording.add_deliveries(6);
  FakeEngine engine(recording);
  engine.at(2).dies = killed_by(SIGABRT);  // it dies elsewhere this time
  engine.at(4).dies = killed_by(SIGSEGV);
  const ReplayRequest request = replay_request();
  const ReplayPlan plan = plan_replay(recording, request);
  TailStarts starts(recording, engine, request, plan, 4, 1);
  const auto start = starts.next({});
  ASSERT_TRUE(start.has_value());
  EXPECT_EQ(start->label, "genesis");
  EXPECT_THAT(starts.passed_over(),
              HasSubstr("no heap could be written before step 4: crashed at step 2"));
  EXPECT_FALSE(starts.next({}).has_value());
  EXPECT_TRUE(starts.passed_over().empty());
}

TEST(TailStarts, HandOverTheHeapThatWasWritten) {
  FakeRecording recording;
  recording.add_deliveries(6);
  FakeEngine engine(recording);
  engine.at(4).dies = killed_by(SIGSEGV);
  const ReplayRequest request = replay_request();
  const ReplayPlan plan = plan_replay(recording, request);
  std::optional<TailStart> start;
  {
    TailStarts starts(recording, engine, request, plan, 4, 1);
    start = starts.next({});
  }
  ASSERT_TRUE(start && start->own);
  for (int i = 0; i < 2; ++i) {  // each caller gets it from the beginning
    const UniqueFd heap =
        start->own->open_snapshot("v1", start->plan.checkpoint, SnapshotTrust::kHash);
    std::string text(64, '\0');
    text.resize(read_some_at(heap.get(), text.data(), text.size(), 0, "heap"));
    EXPECT_EQ(text, "heap after 3");
  }
  EXPECT_EQ(start->own->checkpoints("v1").size(), recording.checkpoints("v1").size() + 1);
}

}  // namespace tail_start_test
}  // namespace recrank
