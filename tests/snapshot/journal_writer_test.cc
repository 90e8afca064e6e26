#include "snapshot/journal_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/open_recording.h"

namespace recrank {
namespace {

class WrittenJournal : public testing::Test {
 protected:
  // The first `events` of a journal with that text.
  [[nodiscard]] std::string cut(const std::string& text, uint64_t events) const {
    const auto from = scratch_.path() / "from.jsonl";
    const auto to = scratch_.path() / "to.jsonl";
    std::ofstream(from, std::ios::binary) << text;
    write_journal(*open_recording(from), events, to);
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
  EXPECT_EQ(cut("{\"a\": 1}\n{\"b\":2}\n", 1),
            "{\"schema\":\"recrank.journal/1\",\"subject\":\"from.jsonl\"}\n{\"event\":{\"a\": 1}}\n");
}

TEST_F(WrittenJournal, AppearsNotAtAllWhereALineIsDamaged) {
  const std::string head = "{\"schema\":\"recrank.journal/1\"}\n";
  EXPECT_THROW(static_cast<void>(cut(head + "{\"event\":1}\n{broken\n{\"event\":3}\n", 3)), Error);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "to.jsonl"));
}

}  // namespace
}  // namespace recrank
