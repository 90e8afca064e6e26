#include "harness/source/line_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "harness/session/replay_session.h"
#include "tests/support/replay/fake_engine.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace line_trace_test {

using testing::HasSubstr;

const Interrupt kNoInterrupt;

struct At {
  std::string path;
  uint64_t line;
  size_t depth = 1;
};

std::vector<SourceLook> lines(const std::vector<At>& all) {
  std::vector<SourceLook> looks;
  for (const At& each : all) {
    SourceLook look{LookKind::kLine, 0, "", {}};
    for (size_t i = 0; i < each.depth; ++i) {
      look.frames.push_back({"f", each.path, each.line, true, {}});
    }
    looks.push_back(std::move(look));
  }
  return looks;
}

// Step 1 of v1 differs from the recording on one engine, and does as recorded on the other.
class LineTraces : public testing::Test {
 protected:
  LineTraces() {
    recording_.add_deliveries(1).add(FakeStep::calling({"\"a\"", "\"b\""})).add_deliveries(1);
    engine_.emplace(recording_);
    other_.emplace(recording_);
    engine_->at(1).calls = {"\"a\"", "\"x\""};
  }

  LineTrace trace(const std::vector<At>& here, const std::vector<At>& there) {
    engine_->tells(1, lines(here));
    other_->tells(1, lines(there));
    const SubjectReport report = run_once(recording_, *engine_, base_, kNoInterrupt).report;
    return trace_lines(recording_, *engine_, *other_, base_, report, {}, kNoInterrupt);
  }

  FakeRecording recording_;
  std::optional<FakeEngine> engine_;
  std::optional<FakeEngine> other_;
  ReplayRequest base_{.subject_id = "v1"};
};

TEST_F(LineTraces, BothAreSeenAtTheFirstLineThatIsAnother) {
  const LineTrace trace = this->trace({{"a.js", 1}, {"a.js", 2}, {"a.js", 7}, {"a.js", 8}},
                                      {{"a.js", 1}, {"a.js", 2}, {"b.js", 3}, {"a.js", 8}});
  EXPECT_EQ(trace.loss, "");
  EXPECT_EQ(trace.lines, 2U);
  ASSERT_TRUE(trace.here && trace.there);
  EXPECT_EQ(trace.here->look.frames.at(0).line, 7U);
  EXPECT_EQ(trace.there->look.frames.at(0).path, "b.js");
}

TEST_F(LineTraces, TheDepthOfTheStackCounts) {
  const LineTrace trace = this->trace({{"a.js", 1}, {"a.js", 2, 3}}, {{"a.js", 1}, {"a.js", 2, 2}});
  EXPECT_EQ(trace.lines, 1U);
  EXPECT_TRUE(trace.here && trace.there);
}

TEST_F(LineTraces, TheOneThatGoesOnIsSeenWhereTheOtherIsAtItsEnd) {
  const LineTrace longer = this->trace({{"a.js", 1}, {"a.js", 2}}, {{"a.js", 1}});
  EXPECT_EQ(longer.lines, 1U);
  ASSERT_TRUE(longer.here);
  EXPECT_EQ(longer.here->look.frames.at(0).line, 2U);
  EXPECT_FALSE(longer.there);
  EXPECT_THAT(trace_part(longer).text, HasSubstr("the other: the step is over"));
}

TEST_F(LineTraces, TheSameLinesAreSaidToBeTheSame) {
  const LineTrace trace = this->trace({{"a.js", 1}, {"#12", 2}}, {{"a.js", 1}, {"#40", 2}});
  EXPECT_EQ(trace.lines, 2U);
  EXPECT_FALSE(trace.here || trace.there);
  const ReportPart part = trace_part(trace);
  EXPECT_EQ(part.member, "js_trace");
  EXPECT_THAT(part.text, HasSubstr("the same 2 lines"));
  EXPECT_EQ(parse_json(part.json).at("lines"), 2);
}

TEST_F(LineTraces, AnEngineThatCannotBeWatchedIsALoss) {
  engine_->tells(1, lines({{"a.js", 1}}));
  const SubjectReport report = run_once(recording_, *engine_, base_, kNoInterrupt).report;
  const LineTrace trace =
      trace_lines(recording_, *engine_, *other_, base_, report, {}, kNoInterrupt);
  EXPECT_THAT(trace.loss, HasSubstr("no debugger"));
}

// The other one fails before its first line: this one is not left waiting.
TEST_F(LineTraces, AnEngineThatDoesNotStartHoldsNobodyUp) {
  other_->refuse_to_start(killed_by(11), "lockdown");
  const LineTrace trace = this->trace({{"a.js", 1}}, {{"a.js", 1}});
  EXPECT_EQ(trace.lines, 0U);
  EXPECT_NE(trace.loss, "");
}

}  // namespace line_trace_test
}  // namespace recrank
