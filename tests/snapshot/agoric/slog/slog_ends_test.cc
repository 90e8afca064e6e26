// What a slog tells of vats that died and of steps that failed.
#include <gtest/gtest.h>

#include "snapshot/agoric/slog/slog_end.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/recorded_end.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_ends_test {

std::string number(const std::optional<uint64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

// "v1 alice died s2 c3 b7: boom; v2 failed …"
std::string told(const std::vector<RecordedEnd>& ends) {
  std::string text;
  for (const RecordedEnd& end : ends) {
    text += (text.empty() ? "" : "; ") + end.subject_id + " " + end.name +
            (end.ended ? " died" : " failed") + " s" + number(end.step) + " c" + number(end.crank) +
            " b" + number(end.block) + ": " + end.cause;
  }
  return text;
}

std::string ends_of(const SlogText& log) {
  const OpenedSlog slog(log.text);
  const std::vector<RecordedEnd>* ends = slog->ends();
  return ends == nullptr ? "cannot tell" : told(*ends);
}

SlogText begun(SlogText::Dialect dialect = SlogText::kOfLater2021) {
  SlogText log(dialect);
  log.process().create("v1", "alice").create("v2", "bob").block(7);
  return log.deliver("v1", "a").deliver("v2", "b");
}

TEST(SlogEnds, OfALogWithoutDeathsAreNone) { EXPECT_EQ(ends_of(begun()), ""); }

TEST(SlogEnds, ThatADeliveryBroughtAreNamedWithItsErrorAndPlace) {
  for (const char* why : {"Compute meter exceeded", "v1:alice exited due to signal SIGSEGV"}) {
    SlogText log = begun();
    log.fail("v1", "spin", why);
    log.terminate("v1", R"({"body":"\"in other words\"","slots":[]})").deliver("v2", "c");
    EXPECT_EQ(ends_of(log), std::string("v1 alice died s1 c3 b7: ") + why);
  }
}

TEST(SlogEnds, ThatAVatAskedForHaveItsWords) {
  SlogText log = begun();
  log.deliver("v1", "leave").terminate("v1", R"({"body":"\"I got everything\"","slots":[]})");
  EXPECT_EQ(ends_of(log), "v1 alice died s1 c3 b7: I got everything");
}

TEST(SlogEnds, ThatAnotherVatDemandedHaveItsReasonAndNoStep) {
  SlogText log = begun();
  log.begin("v2", R"(["message","kill"])");
  log.call(
      R"(["callNow","d-70","terminateWithFailure",{"body":"[\"v1\",\"with prejudice\"]","slots":[]}])",
      R"(["ok",null])");
  log.end(R"(["ok",null,null])");
  EXPECT_EQ(ends_of(log), "v1 alice died s- c3 b7: with prejudice");
  log.terminate("v1", R"({"body":"\"repeated\"","slots":[]})");  // kernels of today log it as well
  EXPECT_EQ(ends_of(log), "v1 alice died s- c3 b7: with prejudice");
}

TEST(SlogEnds, AStepThatFailedIsNoDeath) {
  SlogText log = begun();
  log.fail("v1", "upgrade", "Error: this bundle refuses to start").deliver("v1", "lives on");
  EXPECT_EQ(ends_of(log), "v1 alice failed s1 c3 b7: Error: this bundle refuses to start");
}

TEST(SlogEnds, InCranksThatWereLostDoNotCount) {
  SlogText log = begun();
  log.fail("v1", "spin", "Compute meter exceeded").terminate("v1");
  log.process().create("v1", "alice").create("v2", "bob").replay("v1", 1).replay("v2", 1);
  log.roll_back(3, {{"v1", 1}, {"v2", 1}}).deliver("v1", "went well").deliver("v2", "d");
  EXPECT_EQ(ends_of(log), "");
}

TEST(SlogEnds, OfUnknownCauseAreNamedAllTheSame) {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").create("v2", "bob").deliver("v1", "a").deliver("v2", "b");
  log.process().create("v2", "bob").replay("v2", 1).deliver("v2", "c").deliver("v2", "d");
  EXPECT_EQ(ends_of(log), "v1 alice died s- c- b-: ");
}

TEST(SlogEnds, WordsAreFoundInEverySpellingOfAnError) {
  EXPECT_EQ(words_of_capdata(R"({"body":"\"Goodbye\"","slots":[]})"), "Goodbye");
  EXPECT_EQ(words_of_capdata(R"({"body":"#\"Goodbye\"","slots":[]})"), "Goodbye");
  EXPECT_EQ(
      words_of_capdata(R"({"body":"#{\"#error\":\"its time\",\"name\":\"Error\"}","slots":[]})"),
      "its time");
  EXPECT_EQ(
      words_of_capdata(
          R"({"body":"{\"@qclass\":\"error\",\"name\":\"Error\",\"message\":\"boom\"}","slots":[]})"),
      "boom");
  EXPECT_EQ(words_of_capdata(R"({"body":"#[1,2]","slots":[]})"), "[1,2]");
  EXPECT_EQ(words_of_capdata("{}"), "");
}

TEST(SlogEnds, HostileWordsAreMadeHarmless) {
  EXPECT_EQ(words_of_capdata(R"({"body":"\"\u001b[2J\"","slots":[]})"), "\\x1b[2J");
  EXPECT_EQ(words_of_capdata(R"({"body":"\"{torn","slots":[)"), R"("{torn)");
  EXPECT_LT(words_of_value("\"" + std::string(100'000, 'x') + "\"").size(), 400U);
  EXPECT_EQ(failure_of(R"({"dr":["error")"), "");
  EXPECT_EQ(failure_of("not JSON"), "");
  EXPECT_NE(words_of_value("\"\\u12"), "");  // its escape is torn
}

}  // namespace slog_ends_test
}  // namespace recrank::agoric
