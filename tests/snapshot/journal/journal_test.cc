#include "snapshot/journal/journal.h"
#include "snapshot/journal/dialect_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/snapshot/archive_fixture.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::program {
namespace journal_test {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHeader = R"({"schema":"recrank.journal/1","subject":"shop"})"
                                "\n";

// "event=answer|event=" of the range; a step that cannot be read ends it with what the Error says.
std::string told(const Recording& recording, StepRange range) {
  std::string text;
  try {
    const auto stream = recording.steps("program", range);
    Step step;
    while (stream->next(step)) {
      text += std::to_string(step.number) + " " + std::string(step.delivery) + "=" +
              std::string(step.expected_result) + "|";
    }
  } catch (const Error& error) {
    text += error.what();
  }
  return text;
}

// A file that open_recording() has to recognise.
class Opened {
 public:
  explicit Opened(const std::string& text)
      : file_(text, "j.jsonl"), recording_(open_recording(file_.path())) {}
  const Recording* operator->() const { return recording_.get(); }
  [[nodiscard]] std::string told(StepRange range) const {
    return journal_test::told(*recording_, range);
  }
  [[nodiscard]] std::string all() const { return told(recording_->subjects().at(0).held.at(0)); }

 private:
  TextFile file_;
  std::unique_ptr<Recording> recording_;
};

std::string refusal(const std::string& text) {
  try {
    const Opened opened(text);
    return "opened as " + opened->info().kind;
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Journal, OfBareEventsGivesTheirBytesAndExpectsNothing) {
  const Opened journal("{\"a\": 1}\n{ \"b\":\"\\u0041\"}\n");
  EXPECT_EQ(journal.all(), "0 {\"a\": 1}=|1 { \"b\":\"\\u0041\"}=|");
  EXPECT_EQ(journal->info().kind, "journal");
  EXPECT_EQ(journal->info().dialect, kProcessDialect);
}

TEST(Journal, WithAHeaderGivesEventsAndAnswersAsTheyStand) {
  const Opened journal(std::string(kHeader) +
                       R"({"answer":{"x": 1} ,"event":[1, 2]})"
                       "\n" +
                       R"({"event":"t","more":[]})"
                       "\n");
  EXPECT_EQ(journal.all(), R"(0 [1, 2]={"x": 1}|1 "t"=|)");
  EXPECT_EQ(journal->subjects().at(0).name, "shop");
}

TEST(Journal, HasOneProgramAndBeginsAtGenesisOnly) {
  const Opened journal("{}\n{}\n");
  ASSERT_EQ(journal->subjects().size(), 1U);
  const Subject& subject = journal->subjects().front();
  EXPECT_EQ(subject.kind, "program");
  EXPECT_EQ(subject.id, "program");
  EXPECT_EQ(subject.name, "j.jsonl");
  ASSERT_EQ(journal->checkpoints("program").size(), 1U);
  EXPECT_EQ(journal->checkpoints("program").front().label(), "genesis");
  EXPECT_THROW((void)journal->steps("v1", {0, 1}), Error);
}

TEST(Journal, CountsNoEmptyLines) {
  EXPECT_EQ(Opened("{}\n\n{\"b\":2}\n\n\n{}").all(), "0 {}=|1 {\"b\":2}=|2 {}=|");
}

TEST(Journal, AWholeLastLineNeedsNoLineEnd) {
  const Opened journal("{}\n{\"b\":2}");
  EXPECT_EQ(journal.all(), "0 {}=|1 {\"b\":2}=|");
  EXPECT_TRUE(journal->info().notes.empty());
}

TEST(Journal, ATornLastLineIsANoteAndNoStepWhereverItBreaks) {
  const std::string last = R"({"event":{"text":"\u0041é"},"answer":[1,{"n":null}]})";
  const std::string before = std::string(kHeader) + "{\"event\":1}\n";
  for (size_t size = 1; size < last.size(); ++size) {
    const Opened journal(before + last.substr(0, size));
    EXPECT_EQ(journal.all(), "0 1=|") << size;
    ASSERT_EQ(journal->info().notes.size(), 1U) << size;
    EXPECT_THAT(journal->info().notes.front(), HasSubstr("j.jsonl:3: the last line is torn"));
    EXPECT_TRUE(journal->verify({}).damage.empty()) << size;
  }
}

TEST(Journal, ZerosOfAPowerFailureAreATornLine) {
  const Opened journal("{}\n{}\n" + std::string(5000, '\0'));
  EXPECT_EQ(journal.all(), "0 {}=|1 {}=|");
  EXPECT_EQ(journal->info().notes.size(), 1U);
}

TEST(Journal, NamesADamagedLineAndKeepsTheNumbersBehindIt) {
  const Opened journal("{}\n{}\n{\"a\":\n\n[1]\n{\"last\":0}\n");
  EXPECT_EQ(journal->subjects().at(0).held, (std::vector<StepRange>{{0, 5}}));
  EXPECT_THAT(journal.told({2, 3}), HasSubstr("j.jsonl:3: step 2: JSON: "));
  EXPECT_THAT(journal.told({3, 4}), HasSubstr("j.jsonl:5: step 3: the line is not a JSON object"));
  EXPECT_EQ(journal.told({4, 5}), "4 {\"last\":0}=|");
  const HashReport report = journal->verify({});
  ASSERT_EQ(report.damage.size(), 2U);
  EXPECT_EQ(report.damage[0].subject_id, "program");
  EXPECT_THAT(report.damage[1].what, HasSubstr("j.jsonl:5"));
}

TEST(Journal, LooksForDamageOnlyInTheRangeThatIsAsked) {
  const Opened journal("{}\n{}\nx\n{}\n");
  EXPECT_TRUE(journal->verify({"program", StepRange{0, 2}}).damage.empty());
  EXPECT_EQ(journal->verify({"program", StepRange{1, 3}}).damage.size(), 1U);
}

TEST(Journal, ALineOfTheHeaderFormNeedsOneEvent) {
  const Opened journal(std::string(kHeader) +
                       "{\"answer\":1}\n{\"event\":1,\"event\":2}\n{\"event\":0}x\n");
  EXPECT_THAT(journal.told({0, 1}), HasSubstr("j.jsonl:2: step 0: the line holds no \"event\""));
  EXPECT_THAT(journal.told({1, 2}), HasSubstr("two members \"event\""));
  EXPECT_THAT(journal.told({2, 3}), HasSubstr("JSON: "));
}

TEST(Journal, FindsAnyStepBehindItsMarks) {
  std::string text = kHeader;
  for (int i = 0; i < 1000; ++i) text += "{\"event\":" + std::to_string(i) + "}\n\n";
  const Opened journal(text);
  for (const uint64_t number : {0U, 1U, 63U, 64U, 65U, 127U, 128U, 999U}) {
    EXPECT_EQ(journal.told({number, number + 1}),
              std::to_string(number) + " " + std::to_string(number) + "=|");
  }
  EXPECT_THAT(journal.told({999, 1001}), HasSubstr("not all in the file"));
}

TEST(Journal, OfAHeaderAloneHasNothingToReplay) {
  const Opened journal(kHeader);
  EXPECT_TRUE(journal->subjects().at(0).held.empty());
  EXPECT_EQ(journal->subjects().at(0).not_replayable, "the journal holds no event");
}

TEST(Journal, IsWhatNothingElseClaims) {
  EXPECT_EQ(refusal("{}\n{}\n"), "opened as journal");
  // What looks like a slog is one, with its own words for what is wrong with it.
  EXPECT_THAT(refusal("{\"time\":1,\"type\":\"a\"}\n{\"time\":2,\"type\":\"b\"}\n"),
              HasSubstr("record of a slog"));
  EXPECT_THAT(refusal("{\"x\":1}\n{}\n{\"time\":2,\"type\":\"b\"}\n"),
              HasSubstr("record of a slog"));
  EXPECT_THAT(refusal("{\"transcriptNum\":1,\"d\":[]}\n{\"transcriptNum\":2,\"d\":[]}\n"),
              HasSubstr("not a recording"));
  for (const char* text :
       {"{}\n", "{}", "[]\n[]\n", "{\n}\n", "{} {}\n{}\n", "{}\nhello\n", "1\n2\n"}) {
    EXPECT_THAT(refusal(text), HasSubstr("not a recording")) << text;
  }
}

TEST(Journal, WithAHeaderMayHoldWhatWouldBeASlogAndOneEventOnly) {
  EXPECT_EQ(refusal(std::string(kHeader) + R"({"time":1,"type":"x","event":1})"
                                           "\n"),
            "opened as journal");
  EXPECT_EQ(refusal(std::string(R"({"pad":")") + std::string(100'000, 'x') +
                    R"(","schema":"recrank.journal/1"})"
                    "\n{\"event\":1}\n"),
            "opened as journal");
}

TEST(Journal, IsRecognisedBehindALongFirstLine) {
  const std::string longest = "{\"text\":\"" + std::string(300'000, 'x') + "\"}";
  EXPECT_EQ(Opened(longest + "\n" + longest + "\n")->subjects().at(0).held_count(), 2U);
}

TEST(Journal, IsReadOutOfAnArchive) {
  const ScratchDir directory;
  const auto file = directory.path() / "case.tar.gz";
  write_archive(file, "ustar", "gzip",
                {{"notes.txt", "hello"}, {"case/events.jsonl", "{\"a\":1}\n{\"b\":2}\n"}});
  const auto recording = open_recording(file);
  EXPECT_EQ(told(*recording, {0, 2}), "0 {\"a\":1}=|1 {\"b\":2}=|");
  const auto packed = directory.path() / "events.jsonl.zst";
  write_compressed(packed, "zstd", "{\"a\":1}\n{\"b\":2}\n");
  EXPECT_EQ(told(*open_recording(packed), {1, 2}), "1 {\"b\":2}=|");
}

TEST(Journal, StandsBackBehindEveryOtherRecordingOfADirectory) {
  const ScratchDir directory;
  write_archive(directory.path() / "events.jsonl.gz", "raw", "gzip", {{"data", "{}\n{}\n"}});
  EXPECT_EQ(open_recording(directory.path())->info().kind, "journal");
  write_archive(directory.path() / "a.slog.gz", "raw", "gzip",
                {{"data", "{\"time\":1,\"type\":\"import-kernel-start\"}\n"}});
  EXPECT_EQ(open_recording(directory.path())->info().kind, "slog");
}

}  // namespace journal_test
}  // namespace recrank::program
