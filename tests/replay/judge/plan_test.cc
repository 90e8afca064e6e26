#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "replay/judge/replay.h"
#include "replay/judge/uncovered_steps.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace plan_test {

using testing::HasSubstr;

// Steps 0..9 with two incarnations: genesis at 0 and 6, heap snapshots before 3 and 8.
FakeRecording two_incarnations() {
  FakeRecording recording;
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add_deliveries(1);
  recording.add(FakeStep::save("aa")).add(FakeStep::of(StepKind::kLoadSnapshot)).add_deliveries(1);
  recording.add(FakeStep::of(StepKind::kShutdownWorker));
  recording.add(FakeStep::of(StepKind::kInitializeWorker)).add(FakeStep::save("bb"));
  recording.add(FakeStep::of(StepKind::kLoadSnapshot)).add_deliveries(1);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 3);
  recording.checkpoint(CheckpointKind::kGenesis, 6);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 8);
  return recording;
}

ReplayRequest request(std::optional<uint64_t> from = {}, std::optional<uint64_t> to = {},
                      bool from_genesis = false) {
  ReplayRequest r;
  r.subject_id = "v1";
  r.from = from;
  r.to = to;
  r.from_genesis = from_genesis;
  return r;
}

std::string plan_text(const ReplayPlan& plan) {
  return plan.checkpoint.label() + " " + std::to_string(plan.range.begin) + ".." +
         std::to_string(plan.range.end - 1);
}

// "genesis 0..9", or the text of the error with its code in front.
std::string plan_of(const FakeRecording& recording, const ReplayRequest& r) {
  try {
    return plan_text(plan_replay(recording, r));
  } catch (const Error& error) {
    const char* code = error.code() == ErrorCode::kUsage         ? "usage: "
                       : error.code() == ErrorCode::kInvalidData ? "damaged: "
                                                                 : "unsupported: ";
    return code + std::string(error.what());
  }
}

TEST(PlanReplay, TakesEverythingFromTheFirstGenesisByDefault) {
  EXPECT_EQ(plan_of(two_incarnations(), request()), "genesis 0..9");
}

TEST(PlanReplay, StopsAtTheLastStepAskedFor) {
  EXPECT_EQ(plan_of(two_incarnations(), request({}, 4)), "genesis 0..4");
}

TEST(PlanReplay, StartsAtTheNearestCheckpoint) {
  EXPECT_EQ(plan_of(two_incarnations(), request(2)), "genesis 0..9");
  EXPECT_EQ(plan_of(two_incarnations(), request(4)), "snapshot@3 3..9");
  EXPECT_EQ(plan_of(two_incarnations(), request(7)), "genesis@6 6..9");
  EXPECT_EQ(plan_of(two_incarnations(), request(8)), "snapshot@8 8..9");
}

TEST(PlanReplay, FromGenesisMeansTheIncarnationOfTheFirstStep) {
  EXPECT_EQ(plan_of(two_incarnations(), request(4, {}, true)), "genesis 0..9");
  EXPECT_EQ(plan_of(two_incarnations(), request(9, {}, true)), "genesis@6 6..9");
  EXPECT_EQ(plan_of(two_incarnations(), request({}, {}, true)), "genesis 0..9");
}

// Steps 0..9, of which 8 and 9 are lost.
FakeRecording without_its_end(bool nobody_knows_how_long = false) {
  FakeRecording recording = two_incarnations();
  recording.drop({8, 10});
  recording.subject().missing = {{{8, nobody_knows_how_long ? kNoEnd : 10},
                                  "its last item is missing",
                                  "store: v1 span 8..10"}};
  return recording;
}

TEST(PlanReplay, NeverEndsSilentlyWhereTheRestOfAHistoryIsLost) {
  EXPECT_EQ(
      plan_of(without_its_end(), request()),
      "damaged: the evidence is damaged: store: v1 span 8..10: its last item is missing (take "
      "another copy of it); steps held: 0..7; steps that a replay can reach: 0..7 (from "
      "genesis)");
  for (const auto& asked : {request(2), request({}, 8), request(8), request(7, 9)}) {
    EXPECT_THAT(plan_of(without_its_end(), asked), testing::StartsWith("damaged: "));
  }
}

TEST(PlanReplay, WhoAsksForWhatComesBehindALossIsNotToBlame) {
  EXPECT_THAT(plan_of(without_its_end(true), request(50)), testing::StartsWith("damaged: "));
  EXPECT_THAT(plan_of(without_its_end(), request(50)), testing::StartsWith("usage: "));
}

TEST(PlanReplay, ALossElsewhereIsNoObstacle) {
  EXPECT_EQ(plan_of(without_its_end(), request({}, 7)), "genesis 0..7");
  EXPECT_EQ(plan_of(without_its_end(), request(4, 6)), "snapshot@3 3..6");
}

TEST(PlanReplay, OfWhichAllIsLostIsDamagedToo) {
  FakeRecording recording = without_its_end(true);
  recording.drop({0, 8});
  recording.subject().missing = {{{0, kNoEnd}, "it has no current span", "store: v1"}};
  EXPECT_THAT(plan_of(recording, request()), testing::StartsWith("damaged: "));
}

TEST(UncoveredSteps, AreThoseThatAreAskedForAndNotRun) {
  FakeRecording recording = two_incarnations();
  recording.drop({4, 6});
  recording.subject().missing = {{{4, 6}, "pruned"}};
  const auto text = [&](const ReplayRequest& r) {
    return uncovered_text(uncovered_steps(recording, r, plan_replay(recording, r)));
  };
  EXPECT_EQ(text(request()), "0..3 (held: --to 3 replays them), 4..5 (pruned)");
  EXPECT_EQ(text(request(6)), "");
  EXPECT_EQ(text(request({}, 3)), "");
}

TEST(UncoveredSteps, NameWhatNoCheckpointReachesAndWhatNobodyKnowsOf) {
  FakeRecording recording = two_incarnations();
  recording.drop({4, 6}).forget_checkpoints().checkpoint(CheckpointKind::kHeapSnapshot, 3);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 8);
  const auto left = uncovered_steps(recording, request(), plan_replay(recording, request()));
  EXPECT_EQ(
      uncovered_text(left),
      "0..2 (no checkpoint is before them), 3..3 (held: --to 3 replays them), 4..5 (not in the "
      "recording), 6..7 (no checkpoint is before them)");
}

TEST(PlanReplay, PassesOverPrunedSnapshots) {
  FakeRecording recording;
  recording.add_deliveries(10);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 5, false);
  EXPECT_EQ(plan_of(recording, request(7)), "genesis 0..9");
}

TEST(PlanReplay, OfPrunedHistoryStartsAtTheFirstCheckpointOfTheLastRange) {
  FakeRecording recording;
  recording.add_deliveries(20).drop({2, 10});
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 12);
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 16);
  EXPECT_EQ(plan_of(recording, request()), "snapshot@12 12..19");
  EXPECT_EQ(plan_of(recording, request({}, 1)), "genesis 0..1");
}

TEST(PlanReplay, RefusesStepsThatAreNotHeldAndSaysWhichCanBeReached) {
  FakeRecording recording;
  recording.add_deliveries(20).drop({2, 10});
  recording.checkpoint(CheckpointKind::kHeapSnapshot, 12);
  const std::string reachable =
      "steps held: 0..1, 10..19; steps that a replay can reach: 0..1 (from genesis), "
      "12..19 (from snapshot@12)";
  EXPECT_EQ(plan_of(recording, request(5)),
            "usage: fake.recording: v1: step 5 is not held; " + reachable);
  EXPECT_THAT(plan_of(recording, request({}, 20)), HasSubstr("step 20 is not held; " + reachable));
  EXPECT_THAT(plan_of(recording, request(1)), HasSubstr("not all steps of 1..19 are held"));
  EXPECT_THAT(plan_of(recording, request(11)), HasSubstr("step 11 cannot be reached from any"));
  EXPECT_THAT(plan_of(recording, request(13, {}, true)),
              HasSubstr("step 13 cannot be reached from the beginning of a worker"));
  EXPECT_THAT(plan_of(recording, request(15, 14)),
              HasSubstr("usage: fake.recording: v1: the range 15..14 is empty"));
}

TEST(PlanReplay, SaysWhenTheEvidenceAloneCannotBeReached) {
  FakeRecording recording;
  recording.add_deliveries(9).drop({0, 3});
  EXPECT_THAT(plan_of(recording, request()),
              HasSubstr("unsupported: fake.recording: v1: step 8 cannot be reached"));
}

TEST(PlanReplay, RefusesASubjectWithNothingToReplay) {
  FakeRecording recording;
  EXPECT_THAT(plan_of(recording, request()), HasSubstr("unsupported: fake.recording: v1: no step"));
  recording.add_deliveries(1).subject().not_replayable = "runs inside the kernel";
  EXPECT_EQ(plan_of(recording, request()),
            "unsupported: fake.recording: v1: runs inside the kernel");
}

std::string split(const FakeRecording& recording, const ReplayPlan& plan, size_t parts_max) {
  std::string text;
  for (const ReplayPlan& part : split_plan(recording, "v1", plan, parts_max)) {
    text += (text.empty() ? "" : ", ") + plan_text(part);
  }
  return text;
}

// A heap has its supervisor inside: whoever gives another one wants it to run.
TEST(PlanReplay, StartsFreshWhereTheUserGivesWhatOnlyAFreshEngineIsTold) {
  const FakeRecording recording = two_incarnations();
  ReplayRequest asked = request(4, 5);
  EXPECT_EQ(plan_text(plan_replay(recording, asked)), "snapshot@3 3..5");
  asked.user_setup.set("supervisor", "mine");
  EXPECT_EQ(plan_text(plan_replay(recording, asked)), "genesis 0..5");
  asked.from = 9;
  asked.to = 9;
  EXPECT_EQ(plan_text(plan_replay(recording, asked)), "genesis@6 6..9");
}

TEST(PlanReplay, RefusesAGivenBundleWhereOnlyAHeapIsHeld) {
  FakeRecording recording = two_incarnations();
  recording.drop({0, 3});
  ReplayRequest asked = request(4, 5);
  asked.user_setup.set("supervisor", "mine");
  try {
    (void)plan_replay(recording, asked);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("--supervisor is told to fresh engines only"));
  }
}

TEST(PlanReplay, RefusesAGivenBundleThatTheRecordedOneWouldHide) {
  FakeRecording recording = two_incarnations();
  ReplayRequest asked = request(0, 5);
  asked.user_setup.set("vat-bundle", "mine");
  EXPECT_EQ(plan_text(plan_replay(recording, asked)), "genesis 0..5");
  recording.setup().set("vat-bundle", "its own");
  try {
    (void)plan_replay(recording, asked);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("--vat-bundle: the recording holds its own"));
  }
}

TEST(SplitPlan, CutsAtSnapshotsIntoPartsOfEqualLength) {
  FakeRecording recording;
  recording.add_deliveries(100);
  for (uint64_t at = 10; at < 100; at += 10) {
    recording.checkpoint(CheckpointKind::kHeapSnapshot, at, at != 50);
  }
  const ReplayPlan plan = plan_replay(recording, request());
  EXPECT_EQ(split(recording, plan, 1), "genesis 0..99");
  EXPECT_EQ(split(recording, plan, 2), "genesis 0..39, snapshot@40 40..99");
  EXPECT_EQ(split(recording, plan, 4),
            "genesis 0..19, snapshot@20 20..39, snapshot@40 40..69, snapshot@70 70..99");
}

TEST(SplitPlan, MakesFewerPartsWhereThereAreFewerPlaces) {
  const FakeRecording recording = two_incarnations();
  const ReplayPlan plan = plan_replay(recording, request());
  EXPECT_EQ(split(recording, plan, 50),
            "genesis 0..2, snapshot@3 3..5, genesis@6 6..7, snapshot@8 8..9");
  EXPECT_EQ(split(FakeRecording().add_deliveries(5), plan, 3), "genesis 0..9");
}

TEST(SplitPlan, PartsFollowOneAnotherWithoutGap) {
  FakeRecording recording;
  recording.add_deliveries(97);
  for (uint64_t at = 3; at < 97; at += 7) recording.checkpoint(CheckpointKind::kHeapSnapshot, at);
  const ReplayPlan plan = plan_replay(recording, request(20, 80));
  for (size_t parts_max = 1; parts_max < 20; ++parts_max) {
    const auto parts = split_plan(recording, "v1", plan, parts_max);
    ASSERT_LE(parts.size(), parts_max);
    EXPECT_EQ(parts.front().range.begin, plan.range.begin);
    EXPECT_EQ(parts.back().range.end, plan.range.end);
    for (size_t i = 1; i < parts.size(); ++i) {
      EXPECT_EQ(parts[i].range.begin, parts[i - 1].range.end);
      EXPECT_EQ(parts[i].range.begin, parts[i].checkpoint.next_step);
    }
  }
}

}  // namespace plan_test
}  // namespace recrank
