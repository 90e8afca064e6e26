#include "snapshot/journal/journal_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/capsule/capsule_writer.h"
#include "snapshot/journal/journal.h"
#include "snapshot/open/open_recording.h"

namespace recrank::program {
namespace journal_writer_test {

class WrittenJournal : public testing::Test {
 protected:
  // The first `events` of a journal with that text.
  [[nodiscard]] std::string cut(const std::string& text, uint64_t events) const {
    const auto from = scratch_.path() / "from.jsonl";
    const auto to = scratch_.path() / "to.jsonl";
    std::ofstream(from, std::ios::binary) << text;
    write_journal(*open_recording(from), kProgramSubject, events, to);
    EXPECT_NO_THROW(static_cast<void>(open_recording(to)));
    std::ifstream file(to, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  ScratchDir scratch_;
};

TEST_F(WrittenJournal, KeepsHeaderAndLinesByteForByte) {
  const std::string head = "{\"schema\":\"recrank.journal/1\" , \"subject\":\"s\",\"more\":[1]}\n";
  const std::string first = "{ \"event\": {\"b\":1, \"a\": 1e2}, \"answer\":\"x\" ,\"t\":3}\n";
  const std::string second = "{\"event\":2}\n";
  EXPECT_EQ(cut(head + first + "\n" + second + second, 2), head + first + second);
  EXPECT_EQ(cut(head + first, 1), head + first);
}

TEST_F(WrittenJournal, GivesBareEventsAHeaderSoThatOneAloneIsRecognised) {
  EXPECT_EQ(
      cut("{\"a\": 1}\n{\"b\":2}\n", 1),
      "{\"schema\":\"recrank.journal/1\",\"subject\":\"from.jsonl\"}\n{\"event\":{\"a\": 1}}\n");
}

// What was packed is text again, which people can read.
TEST_F(WrittenJournal, OfACapsuleHasItsEventsAndAnswers) {
  const auto from = scratch_.path() / "from.jsonl";
  std::ofstream(from, std::ios::binary)
      << "{\"schema\":\"recrank.journal/1\",\"subject\":\"shop\"}\n"
         "{\"event\":{\"a\": 1},\"answer\":[1e2]}\n{\"event\":2}\n";
  const auto journal = open_recording(from);
  CapsuleRequest request;
  request.subject_id = kProgramSubject;
  request.range = {0, 2};
  request.checkpoint = journal->checkpoints(kProgramSubject).front();
  const auto packed = scratch_.path() / "x.crank";
  write_capsule(*journal, request, packed);
  const auto capsule = open_recording(packed);
  ASSERT_TRUE(journal_can_hold(*capsule, capsule->checkpoints(kProgramSubject).front()));
  const auto to = scratch_.path() / "to.jsonl";
  write_journal(*capsule, kProgramSubject, 2, to);
  std::ifstream file(to, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text,
            "{\"schema\":\"recrank.journal/1\",\"subject\":\"shop\"}\n"
            "{\"event\":{\"a\": 1},\"answer\":[1e2]}\n{\"event\":2}\n");
}

TEST_F(WrittenJournal, AppearsNotAtAllWhereALineIsDamaged) {
  const std::string head = "{\"schema\":\"recrank.journal/1\"}\n";
  EXPECT_THROW(static_cast<void>(cut(head + "{\"event\":1}\n{broken\n{\"event\":3}\n", 3)), Error);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "to.jsonl"));
}

}  // namespace journal_writer_test
}  // namespace recrank::program
