#include "snapshot/agoric/transcript_item.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace recrank::agoric {
namespace transcript_item_test {

TEST(TranscriptItem, CutsADeliveryWithoutChangingAByte) {
  Step step;
  step.text = R"({"d":["message","o+0",{"methargs":{"body":"#[\"log\"]","slots":[]}}],)"
              R"("sc":[{"s":["vatstoreGet","a\u0041"],"r":["ok",null]},)"
              R"({"s":["resolve",[["p-60",false,{}]]],"r":["error","x"]}],)"
              R"("r":{"status":"ok","metering":{"computrons":18522}}})";
  parse_transcript_item(step);
  EXPECT_EQ(step.kind, StepKind::kDelivery);
  EXPECT_EQ(step.delivery, R"(["message","o+0",{"methargs":{"body":"#[\"log\"]","slots":[]}}])");
  ASSERT_EQ(step.calls.size(), 2U);
  EXPECT_EQ(step.calls[0].call, R"(["vatstoreGet","a\u0041"])");
  EXPECT_EQ(step.calls[0].answer, R"(["ok",null])");
  EXPECT_EQ(step.calls[1].answer, R"(["error","x"])");
  EXPECT_EQ(step.status, RecordedStatus::kOk);
  EXPECT_EQ(step.computrons, 18522U);
  EXPECT_TRUE(step.expected_snapshot.empty());
}

TEST(TranscriptItem, KnowsTheMarksOfTheKernel) {
  const std::pair<const char*, StepKind> cases[] = {
      {R"({"d":["initialize-worker",{"source":{}}],"sc":[],"r":{"status":"ok"}})",
       StepKind::kInitializeWorker},
      {R"({"d":["save-snapshot"],"sc":[],"r":{"status":"ok","snapshotID":"24db"}})",
       StepKind::kSaveSnapshot},
      {R"({"d":["load-snapshot",{"snapshotID":"24db"}],"sc":[],"r":{"status":"ok"}})",
       StepKind::kLoadSnapshot},
      {R"({"d":["shutdown-worker"],"sc":[],"r":{"status":"ok"}})", StepKind::kShutdownWorker},
      {R"({"d":["bringOutYourDead"],"sc":[],"r":{"status":"ok"}})", StepKind::kDelivery},
  };
  for (const auto& [json, kind] : cases) {
    Step step;
    parse_modern_item(json, step);
    EXPECT_EQ(step.kind, kind) << json;
    const bool snapshot = kind == StepKind::kSaveSnapshot || kind == StepKind::kLoadSnapshot;
    EXPECT_EQ(step.expected_snapshot, snapshot ? "24db" : "") << json;
    EXPECT_EQ(step.computrons, std::nullopt) << json;
  }
}

TEST(TranscriptItem, LeavesNothingOfTheItemBefore) {
  Step step;
  parse_modern_item(R"({"d":["save-snapshot"],"sc":[{"s":[1],"r":[2]}],)"
                    R"("r":{"status":"error","problem":"bad","snapshotID":"24db",)"
                    R"("metering":{"computrons":5}}})",
                    step);
  EXPECT_EQ(step.status, RecordedStatus::kError);
  EXPECT_EQ(step.failure_text, "bad");
  parse_modern_item(R"({"d":["message"]})", step);
  EXPECT_EQ(step.kind, StepKind::kDelivery);
  EXPECT_TRUE(step.calls.empty());
  EXPECT_EQ(step.status, std::nullopt);
  EXPECT_EQ(step.failure_text, "");
  EXPECT_EQ(step.computrons, std::nullopt);
  EXPECT_EQ(step.expected_snapshot, "");
}

TEST(TranscriptItem, PassesOverWhatItDoesNotKnow) {
  Step step;
  parse_modern_item(R"({"transcriptNum":7,"d":["notify",[]],"new":{"a":[1,{"b":null}]},)"
                    R"("sc":[{"x":1,"s":["a"],"r":["ok"],"y":[]}],)"
                    R"("r":{"status":"ok","metering":null,"other":3}})",
                    step);
  EXPECT_EQ(step.delivery, R"(["notify",[]])");
  EXPECT_EQ(step.calls.size(), 1U);
  EXPECT_EQ(step.computrons, std::nullopt);
}

TEST(TranscriptItem, RefusesWhatIsNone) {
  const std::string deep = R"({"d":["message",)" + std::string(100'000, '[') + "1";
  const std::string cases[] = {
      "",
      "{",
      "[]",
      "7",
      R"({})",
      R"({"sc":[]})",
      R"({"d":[]})",
      R"({"d":{}})",
      R"({"d":"x"})",
      R"({"d":[1]})",
      R"({"d":["m"],"sc":{}})",
      R"({"d":["m"],"sc":[{"s":["x"]}]})",
      R"({"d":["m"],"sc":[{"r":["x"]}]})",
      R"({"d":["m"],"sc":[7]})",
      R"({"d":["m"],"r":{"metering":{"computrons":-1}}})",
      R"({"d":["m"],"r":{"metering":{"computrons":1.5}}})",
      R"({"d":["m"],"r":{"metering":{"computrons":18446744073709551616}}})",
      R"({"d":["m"],"r":{"status":1}})",
      R"({"d":["m"]} x)",
      R"({"d":["m"],})",
      "{\"d\":[\"m\x01\"]}",
      deep,
  };
  for (const std::string& json : cases) {
    Step step;
    EXPECT_THROW(parse_modern_item(json, step), Error) << json.substr(0, 80);
  }
}

TEST(TranscriptItem, RefusesEveryCutAndSurvivesEveryFlip) {
  const std::string whole =
      R"({"d":["load-snapshot",{"snapshotID":"24db"}],"sc":[{"s":["a","\u00e9"],"r":["ok",1e3]}],)"
      R"("r":{"status":"ok","metering":{"computrons":18522},"problem":"p"}})";
  Step step;
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse_modern_item(std::string_view(whole).substr(0, size), step), Error) << size;
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      try {
        parse_modern_item(damaged, step);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      }
    }
  }
}

}  // namespace transcript_item_test
}  // namespace recrank::agoric
