#include "harness/source/source_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "harness/session/replay_session.h"
#include "tests/support/replay/fake_engine.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace source_view_test {

using testing::HasSubstr;
using testing::Not;

const Interrupt kNoInterrupt;

// A call out of line `line` of the subject, through the program around it.
SourceLook look(LookKind kind, uint64_t call, uint64_t line, std::string words = "") {
  SourceFrame around{"syscall", "/bundled/supervisor.js", 9, false, {}};
  SourceFrame own{"deposit", ".../bank.js", line, true, {{"amount", "7n"}}};
  SourceFrame engine{"(host)", "", 0, false, {}};
  return {kind, call, std::move(words), {around, own, engine}};
}

// Steps 0..3 of v1; step 2 makes the calls a, b, c.
class SourceViews : public testing::Test {
 protected:
  SourceViews() {
    recording_.add_deliveries(2)
        .add(FakeStep::calling({"\"a\"", "\"b\"", "\"c\""}))
        .add_deliveries(1);
    engine_.emplace(recording_);
  }

  std::optional<SourceView> view(const SourceRequest& asked = {}) {
    SubjectReport report = run_once(recording_, *engine_, base_, kNoInterrupt).report;
    return view_source(recording_, *engine_, base_, report, asked, kNoInterrupt);
  }
  void calls(std::vector<std::string> made) { engine_->at(2).calls = std::move(made); }

  FakeRecording recording_;
  std::optional<FakeEngine> engine_;
  ReplayRequest base_{.subject_id = "v1"};
};

TEST_F(SourceViews, ACallThatDiffersIsSeenWhereItIsMade) {
  calls({"\"a\"", "\"x\"", "\"c\""});
  engine_->tells(2, {look(LookKind::kCall, 0, 10), look(LookKind::kCall, 1, 20),
                     look(LookKind::kCall, 2, 30)});
  engine_->has_source(
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\nhere\n21\n");
  const auto seen = view();
  ASSERT_TRUE(seen && seen->place) << (seen ? seen->loss : "nothing");
  EXPECT_EQ(seen->what, "call 1, which differs, is made here");
  EXPECT_EQ(seen->place->frame, 1U);
  EXPECT_EQ(seen->place->look.call, 1U);
  EXPECT_EQ(seen->place->excerpt->lines.at(2), "here");
  EXPECT_EQ(seen->recorded_what, "the recorded call 1 is not made in this run");
  EXPECT_EQ(seen->loss, "");
}

TEST_F(SourceViews, TheRecordedCallIsShownWhereThisRunMakesIt) {
  calls({"\"a\"", "\"x\"", "\"b\"", "\"c\""});
  engine_->tells(2, {look(LookKind::kCall, 0, 10), look(LookKind::kCall, 1, 20),
                     look(LookKind::kCall, 2, 30), look(LookKind::kCall, 3, 40)});
  const auto seen = view();
  ASSERT_TRUE(seen && seen->place);
  EXPECT_EQ(seen->place->look.frames.at(1).line, 20U);
  EXPECT_EQ(seen->recorded_what, "the recorded call 1 is made here, as call 2");
  ASSERT_TRUE(seen->recorded_place);
  EXPECT_EQ(seen->recorded_place->look.frames.at(1).line, 30U);
}

// What resolves a promise has no frame of the subject.
TEST_F(SourceViews, ACallWithoutTheSubjectIsSeenWhereItComesFromAndNotWhereItIsHandedOn) {
  calls({"\"a\"", "\"x\"", "\"c\""});
  SourceLook look{LookKind::kCall, 1, "", {}};
  look.frames = {{"syscall", "/bundled/supervisor/main.js", 9, false, {}},
                 {"send", "/bundled/supervisor/helper.js", 19, false, {}},
                 {"resolve", "/bundled/liveslots/liveslots.js", 29, false, {}}};
  engine_->tells(2, {look});
  const auto seen = view();
  ASSERT_TRUE(seen && seen->place);
  EXPECT_EQ(seen->place->frame, 2U);
}

TEST_F(SourceViews, AnEngineThatGivesUpIsSeenWhereItDoes) {
  engine_->at(2).dies = met_limit(LimitKind::kComputrons, "100 computrons");
  engine_->tells(
      2, {look(LookKind::kCall, 0, 10), look(LookKind::kStopped, 3, 25, "too much computation")});
  const auto seen = view();
  ASSERT_TRUE(seen && seen->place);
  EXPECT_EQ(seen->what, "it gives up here: too much computation");
  EXPECT_EQ(seen->place->look.frames.at(1).line, 25U);
}

TEST_F(SourceViews, ADeathIsFollowedLineByLine) {
  engine_->at(2).dies = killed_by(11);
  engine_->tells(2, {look(LookKind::kCall, 0, 10), look(LookKind::kLine, 1, 11),
                     look(LookKind::kLine, 1, 12)});
  const auto seen = view();
  ASSERT_TRUE(seen && seen->place);
  EXPECT_EQ(seen->what, "the last line that was begun before it died");
  EXPECT_EQ(seen->place->look.frames.at(1).line, 12U);
}

TEST_F(SourceViews, ADifferenceWithoutALineShowsTheLastCallAndSaysSo) {
  engine_->at(2).computrons = 7;
  engine_->tells(2, {look(LookKind::kCall, 0, 10), look(LookKind::kCall, 1, 20)});
  const auto seen = view();
  ASSERT_TRUE(seen && seen->place);
  EXPECT_THAT(seen->what, HasSubstr("call 1"));
  EXPECT_THAT(seen->what, HasSubstr("computrons has no line of its own"));
}

TEST_F(SourceViews, AnEngineWithoutADebuggerIsALoss) {
  calls({"\"x\""});
  const auto seen = view();
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->place);
  EXPECT_THAT(seen->loss, HasSubstr("no debugger"));
}

TEST_F(SourceViews, ALookThatNobodyAskedForIsSilentWhereItSeesNothing) {
  const SourceRequest by_itself{.root = {}, .by_itself = true};
  calls({"\"x\""});
  EXPECT_FALSE(view(by_itself));
  engine_->tells(2, {});
  EXPECT_FALSE(view(by_itself));
  engine_->tells(2, {look(LookKind::kCall, 0, 10)});
  EXPECT_TRUE(view(by_itself));
}

// The first process dies, no other does.
TEST_F(SourceViews, AFindingThatDoesNotShowAgainIsSaidToBeGone) {
  engine_->at(2).dies = killed_by(11);
  engine_->tells(2, {look(LookKind::kCall, 0, 10)});
  SubjectReport report = run_once(recording_, *engine_, base_, kNoInterrupt).report;
  engine_->at(2).dies.reset();
  const auto seen = view_source(recording_, *engine_, base_, report, {}, kNoInterrupt);
  ASSERT_TRUE(seen);
  EXPECT_THAT(seen->loss, HasSubstr("did not show the same"));
}

TEST_F(SourceViews, AnotherDeathIsNotTakenForTheOneThatWasFound) {
  engine_->at(2).dies = exited_with(1);
  engine_->tells(2, {look(LookKind::kCall, 0, 10)});
  SubjectReport report = run_once(recording_, *engine_, base_, kNoInterrupt).report;
  engine_->at(2).dies = exited_with(7);
  const auto seen = view_source(recording_, *engine_, base_, report, {}, kNoInterrupt);
  ASSERT_TRUE(seen);
  EXPECT_THAT(seen->loss, HasSubstr("did not show the same"));
}

TEST_F(SourceViews, ALookThatFailsLosesNoVerdict) {
  calls({"\"x\""});
  engine_->tells(2, {look(LookKind::kCall, 0, 10)});
  SubjectReport report = run_once(recording_, *engine_, base_, kNoInterrupt).report;
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kUsage, ErrorCode::kUnsupported}) {
    engine_->throw_at_start(code);
    const auto seen = view_source(recording_, *engine_, base_, report, {}, kNoInterrupt);
    ASSERT_TRUE(seen);
    EXPECT_FALSE(seen->place);
    EXPECT_THAT(seen->loss, HasSubstr("the engine lacks something"));
  }
}

TEST_F(SourceViews, NothingIsLookedAtWhereThereIsNoStep) {
  engine_->tells(2, {});
  EXPECT_FALSE(view());
  engine_->refuse_to_start(killed_by(11), "lockdown");
  const size_t starts = engine_->ranges().size();
  EXPECT_FALSE(view() && view()->place);
  EXPECT_GT(engine_->ranges().size(), starts);
}

// The verdict is the replay's, whatever the look shows.
TEST_F(SourceViews, ItsPartOfAReportHasTheLineTheFramesAndTheVariables) {
  calls({"\"a\"", "\"x\"", "\"c\""});
  SourceLook bad = look(LookKind::kCall, 1, 20);
  bad.frames[1].function = "dep\x1b[31mosit";
  engine_->tells(2, {bad});
  const ReportPart part = source_part(*view());
  EXPECT_EQ(part.member, "js");
  const Json json = parse_json(part.json);
  EXPECT_EQ(json.at("at").at("path"), ".../bank.js");
  EXPECT_EQ(json.at("at").at("line"), 20);
  EXPECT_EQ(json.at("at").at("frames").size(), 3U);
  EXPECT_EQ(json.at("at").at("frames").at(1).at("variables").at(0).at("value"), "7n");
  EXPECT_THAT(part.text, HasSubstr(".../bank.js:20  (amount = 7n)"));
  EXPECT_THAT(part.text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(part.text, Not(HasSubstr("supervisor")));
}

TEST_F(SourceViews, AFunctionThatCallsItselfIsToldOnce) {
  engine_->at(2).dies = met_limit(LimitKind::kStack, "");
  SourceLook deep = look(LookKind::kStopped, 0, 5, "stack overflow");
  const SourceFrame own = deep.frames[1];
  deep.frames.insert(deep.frames.begin() + 1, 659, own);
  engine_->tells(2, {deep});
  EXPECT_THAT(source_part(*view()).text, HasSubstr(".../bank.js:5  × 660"));
}

}  // namespace source_view_test
}  // namespace recrank
