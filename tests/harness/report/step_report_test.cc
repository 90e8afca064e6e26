#include "harness/report/step_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "base/text.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace step_report_test {

using testing::HasSubstr;
using testing::Not;

struct Told {
  std::string text;
  std::string full;
  Json json;
};

Told told(FakeRecording& recording) {
  Step step;
  const auto stream = recording.steps("v1", {0, 1});
  EXPECT_TRUE(stream->next(step));
  const std::string id = "v1";
  const StepReportInput input{recording, id, step, "a step"};
  return {step_text(input, false), step_text(input, true), step_json(input)};
}

TEST(StepReport, ShowsCallsAnswersAndTheStore) {
  FakeRecording recording;
  FakeStep step;
  step.delivery = R"(["message","o+0",{"methargs":{"body":"#[\"pay\",[5]]","slots":[]}}])";
  step.calls = {{R"(["vatstoreGet","k"])", R"(["ok","13"])"}, {R"(["vatstoreSet","k","14"])"}};
  step.block = 7;
  recording.add(std::move(step));
  const Told found = told(recording);
  EXPECT_EQ(found.text,
            "step 0  a step\n"
            "  where       block 7\n"
            "  target      o+0\n"
            "  method      pay\n"
            "  arguments   [5]\n"
            "  ended       ok\n"
            "  computrons  1,000\n"
            "  calls\n"
            "     0  [\"vatstoreGet\",\"k\"]\n"
            "        -> [\"ok\",\"13\"]\n"
            "     1  [\"vatstoreSet\",\"k\",\"14\"]\n"
            "        -> [\"ok\",null]\n"
            "  names\n"
            "    o+0  -  an object of its own\n"
            "  store\n"
            "    k\n"
            "      read   13\n"
            "      wrote  14\n");
  EXPECT_EQ(found.json["asked"]["method"], "pay");
  EXPECT_EQ(found.json["delivery"]["decoded"][2]["methargs"]["body"][0], "pay");
  EXPECT_EQ(found.json["store"][0]["wrote"], "14");
}

TEST(StepReport, CutsLongValuesUnlessAskedForAllAndNeverInJson) {
  FakeRecording recording;
  FakeStep step;
  step.calls = {{"[\"say\",\"" + std::string(5000, 'x') + "\"]"}};
  recording.add(std::move(step));
  const Told found = told(recording);
  EXPECT_THAT(found.text, HasSubstr("… (5010 bytes)"));
  EXPECT_THAT(found.full, HasSubstr(std::string(5000, 'x')));
  EXPECT_EQ(found.json["made"][0]["call"]["text"].get<std::string>().size(), 5010U);
}

TEST(StepReport, LeavesOutOfJsonWhatNoJsonOfItsCanHoldAndKeepsTheText) {
  FakeRecording recording;
  FakeStep step;
  step.calls = {{"[1e999]", "[\"\xff\"]"}};
  step.delivery = "\x01\xff\x02";
  recording.add(std::move(step));
  const Told found = told(recording);
  EXPECT_FALSE(found.json["made"][0]["call"].contains("decoded"));
  EXPECT_EQ(found.json["made"][0]["call"]["text"], "[1e999]");
  EXPECT_EQ(found.json["delivery"]["text"], R"(\x01\xff\x02)");
  EXPECT_THAT(found.text, HasSubstr("delivery    3 bytes, no text\n"));
  EXPECT_THAT(found.full, HasSubstr(R"(\x01\xff\x02)"));
  EXPECT_FALSE(json_text(found.json).empty());
}

TEST(StepReport, OfATableLeavesOutColumnsOfWhichNothingIsKnown) {
  FakeRecording recording("process");
  FakeStep step;
  step.status = std::nullopt;
  step.computrons = std::nullopt;
  recording.add(std::move(step));
  Step read;
  ASSERT_TRUE(recording.steps("v1", {0, 1})->next(read));
  EXPECT_EQ(steps_table({step_row(read, "an event")}), "step  what\n   0  an event\n");
}

}  // namespace step_report_test
}  // namespace recrank
