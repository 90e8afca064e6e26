#include "harness/scenario/scenario_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot/agoric/dialect_names.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace scenario_reading_test {

using namespace agoric;

using testing::HasSubstr;

ExpectedRecording steps(uint64_t count, uint64_t first, uint64_t last) {
  ExpectedRecording expected;
  expected.steps = count;
  expected.first = first;
  expected.last = last;
  return expected;
}

TEST(ScenarioReading, CountsTheStepsOfTheOneSubject) {
  FakeRecording recording(kXsnap2021, 1);
  recording.add_deliveries(5);
  const CaseResult good = judge_reading(recording, steps(5, 1, 5), "");
  EXPECT_EQ(good.outcome, CaseOutcome::kAsExpected) << good.why;
  EXPECT_EQ(good.expected, "number of steps 5, first step 1, last step 5");
  const CaseResult wrong = judge_reading(recording, steps(4, 0, 6), "v1");
  EXPECT_EQ(wrong.outcome, CaseOutcome::kOtherwise);
  EXPECT_EQ(wrong.why,
            "number of steps is 5, not 4, first step is 1, not 0, last step is 5, not 6");
}

TEST(ScenarioReading, OfSeveralSubjectsOneMustBeNamed) {
  FakeRecording recording;
  recording.add_deliveries(2).vat("v2").add_deliveries(3);
  EXPECT_EQ(judge_reading(recording, steps(3, 0, 2), "v2").outcome, CaseOutcome::kAsExpected);
  const CaseResult open = judge_reading(recording, steps(3, 0, 2), "");
  EXPECT_EQ(open.outcome, CaseOutcome::kNotJudged);
  EXPECT_THAT(open.why, HasSubstr("name it in \"subject\""));
  EXPECT_EQ(judge_reading(recording, steps(3, 0, 2), "v9").outcome, CaseOutcome::kNotJudged);
}

TEST(ScenarioReading, TheKindIsThatOfTheContent) {
  FakeRecording recording;
  recording.mutable_info().kind = "slog";
  ExpectedRecording expected;
  expected.kind = "slog";
  EXPECT_EQ(judge_reading(recording, expected, "").outcome, CaseOutcome::kAsExpected);
  expected.kind = "sst";
  EXPECT_EQ(judge_reading(recording, expected, "").why, "it is a slog");
}

TEST(ScenarioReading, DamageIsOtherwiseAndNoHashAtAllIsNotJudged) {
  FakeRecording recording;
  recording.add_deliveries(2);
  ExpectedRecording expected;
  expected.hashes = true;
  const CaseResult none = judge_reading(recording, expected, "");
  EXPECT_EQ(none.outcome, CaseOutcome::kNotJudged);
  EXPECT_THAT(none.why, HasSubstr("holds no hash"));
  recording.wrong_hash({"v1 span 0..2", "hash chain ends in 12ab", "v1"});
  const CaseResult damaged = judge_reading(recording, expected, "");
  EXPECT_EQ(damaged.outcome, CaseOutcome::kOtherwise);
  EXPECT_EQ(damaged.why, "1 damaged: v1 span 0..2: hash chain ends in 12ab");
}

}  // namespace scenario_reading_test
}  // namespace recrank
