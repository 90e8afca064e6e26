#include "snapshot/agoric/transcript_entry_2021.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace recrank::agoric {
namespace transcript_entry_2021_test {

void parse(Step& step, std::string text, ResponseForm form = ResponseForm::kBareValue) {
  step.clear();
  step.text = std::move(text);
  parse_entry_2021(step.text, step, form);
}

TEST(TranscriptEntry2021, CutsDeliveryAndCallsOutAsTheyStand) {
  Step step;
  parse(step, R"({"d":["notify",[["p+5",false,{"body":"\"zot\"","slots":[]}]]],"syscalls":[)"
              R"({"d":["vatstoreGet","ws1.o+1/1"]},{"d":["vatstoreGet","x"],"response":"a\"b"},)"
              R"({"d":["callNow","d-70"],"response":{"body":"\"v8\"","slots":[]}},)"
              R"({"d":["resolve",[]],"response":null}]})");
  EXPECT_EQ(step.delivery, R"(["notify",[["p+5",false,{"body":"\"zot\"","slots":[]}]]])");
  ASSERT_EQ(step.calls.size(), 4U);
  EXPECT_EQ(step.calls[0].call, R"(["vatstoreGet","ws1.o+1/1"])");
  EXPECT_EQ(step.calls[0].answer, R"(["ok",null])") << "a miss is answered with null";
  EXPECT_EQ(step.calls[1].answer, R"(["ok","a\"b"])");
  EXPECT_EQ(step.calls[2].answer, R"(["ok",{"body":"\"v8\"","slots":[]}])");
  EXPECT_EQ(step.calls[3].answer, R"(["ok",null])");
}

TEST(TranscriptEntry2021, ViewsStayGoodWhileManyAnswersArePutTogether) {
  std::string text = R"({"d":["m"],"syscalls":[)";
  for (int i = 0; i < 1000; ++i) {
    text += std::string(i == 0 ? "" : ",") + R"({"d":["g",)" + std::to_string(i) +
            R"(],"response":)" + std::to_string(i * 1000) + "}";
  }
  Step step;
  parse(step, text + "]}");
  for (size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(step.calls[i].answer, "[\"ok\"," + std::to_string(i * 1000) + "]");
  }
}

TEST(TranscriptEntry2021, PassesOverOtherMembersAnywhere) {
  Step step;
  parse(step, R"({"transcriptNum":7,"d":["m"],"crankNumber":{"a":[1]},"syscalls":[],"x":null})");
  EXPECT_EQ(step.delivery, R"(["m"])");
  EXPECT_TRUE(step.calls.empty());
}

TEST(TranscriptEntry2021, TakesWholeResultsOfLaterExtractors) {
  Step step;
  parse(step, R"({"d":["m"],"syscalls":[{"d":["s"],"response":["ok",{"a":1}]},{"d":["s"]}]})",
        ResponseForm::kWholeResult);
  EXPECT_EQ(step.calls[0].answer, R"(["ok",{"a":1}])");
  EXPECT_EQ(step.calls[1].answer, R"(["ok",null])");
}

class EntryRefused : public testing::TestWithParam<const char*> {};

TEST_P(EntryRefused, WithInvalidData) {
  Step step;
  try {
    parse(step, GetParam());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, EntryRefused,
    testing::Values("", "{}", "[]", R"({"d":["m"]})", R"({"syscalls":[]})",
                    R"({"d":"m","syscalls":[]})", R"({"d":["m"],"d":["n"],"syscalls":[]})",
                    R"({"d":["m"],"syscalls":[],"syscalls":[]})", R"({"d":["m"],"syscalls":{}})",
                    R"({"d":["m"],"syscalls":[{}]})", R"({"d":["m"],"syscalls":[{"d":null}]})",
                    R"({"d":["m"],"syscalls":[{"d":[],"response":1,"response":2}]})",
                    R"({"d":["m"],"syscalls":[]}x)", R"({"d":["m"],"syscalls":[)"));

TEST(TranscriptEntry2021, RefusesAWholeResultThatIsNoArray) {
  Step step;
  EXPECT_THROW(parse(step, R"({"d":["m"],"syscalls":[{"d":["s"],"response":null}]})",
                     ResponseForm::kWholeResult),
               Error);
}

}  // namespace transcript_entry_2021_test
}  // namespace recrank::agoric
