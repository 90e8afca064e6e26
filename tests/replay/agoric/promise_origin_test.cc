#include "replay/agoric/promise_origin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/snapshot/fake_recording.h"

namespace recrank::agoric {
namespace promise_origin_test {

using testing::ElementsAre;
using testing::IsEmpty;

FakeStep message(const std::string& method, const std::string& result,
                 const std::vector<std::string>& calls = {}) {
  FakeStep step = FakeStep::calling(calls);
  step.delivery = R"(["message","o+0",{"methargs":{"body":"#[\")" + method +
                  R"(\"]","slots":[]},"result":)" + (result.empty() ? "null" : '"' + result + '"') +
                  "}]";
  return step;
}

FakeStep notify(const std::string& promise) {
  FakeStep step;
  step.delivery = R"(["notify",[[")" + promise + R"(",false,{"body":"#1","slots":[]}]]])";
  return step;
}

const std::string kSend =
    R"(["send","o-50",{"methargs":{"body":"#[]","slots":[]},"result":"p+5"}])";

// 0: asks for a pledge, 1: asks somebody else, 2: is told of the answer, 3: settles the pledge.
class PromiseOrigins : public testing::Test {
 protected:
  PromiseOrigins() {
    recording_.add(message("pledge", "p-62"))
        .add(message("ask", "p-63", {kSend}))
        .add(notify("p+5"))
        .add(message("settle", ""));
  }
  std::vector<std::string> of(uint64_t step, const std::string& call) const {
    return promise_origins(recording_, "v1", step, call);
  }

  FakeRecording recording_;
};

TEST_F(PromiseOrigins, AResolvedPromiseIsTheResultOfAnEarlierStep) {
  EXPECT_THAT(of(3, R"(["resolve",[["p-62",false,{"body":"#1","slots":[]}]]])"),
              ElementsAre("p-62 is the result of step 0, message o+0 pledge"));
}

TEST_F(PromiseOrigins, ANotifyTellsOfWhatAnEarlierStepSent) {
  EXPECT_THAT(
      of(2, R"(["vatstoreGet","a"])"),
      ElementsAre("p+5 is the result of a call that step 1, message o+0 ask, sent to o-50"));
}

TEST_F(PromiseOrigins, WhatTheRecordingDoesNotTellIsNotGuessed) {
  EXPECT_THAT(of(3, R"(["resolve",[["p-99",false,{"body":"#1","slots":[]}]]])"), IsEmpty());
  EXPECT_THAT(of(0, R"(["vatstoreGet","p-62"])"), IsEmpty());
  for (const char* const odd :
       {"", "[\"resolve\"", "[\"resolve\",7]", "[\"resolve\",[[]]]", "[\"resolve\",[[7]]]"}) {
    EXPECT_THAT(of(3, odd), IsEmpty()) << odd;
  }
  recording_.damage(1);
  EXPECT_THAT(of(2, ""), IsEmpty());
}

}  // namespace promise_origin_test
}  // namespace recrank::agoric
