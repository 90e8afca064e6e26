#include "snapshot/io/line_reader.h"

#include <gtest/gtest.h>

#include "base/fd.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank {
namespace line_reader_test {

struct Case {
  std::string text;
  size_t chunk_bytes = 4;
  size_t line_bytes_max = 1000;
};

// "offset:line:text" of each line; '$' behind one without '\n', '+' behind one that is too long.
std::string lines_of(const Case& c, LinePlace from = {}) {
  const TextFile file(c.text);
  const UniqueFd fd = open_for_read(file.path());
  LineReader reader({.fd = fd.get(),
                     .name = "file",
                     .end = c.text.size(),
                     .chunk_bytes = c.chunk_bytes,
                     .line_bytes_max = c.line_bytes_max});
  reader.seek(from);
  std::string all;
  Line line;
  while (reader.next(line)) {
    all += std::to_string(line.place.offset) + ":" + std::to_string(line.place.line) + ":" +
           std::string(line.text) + (line.ended ? "" : "$") + (line.overlong ? "+" : "") + " ";
  }
  return all;
}

TEST(LineReader, GivesEachLineWithItsPlaceWhateverTheChunk) {
  for (size_t chunk = 1; chunk < 20; ++chunk) {
    EXPECT_EQ(lines_of({"one\n\nthree is long\nx\n", chunk}),
              "0:1:one 4:2: 5:3:three is long 19:4:x ");
  }
}

TEST(LineReader, MarksALastLineWithoutItsEnd) {
  EXPECT_EQ(lines_of({"one\ntwo"}), "0:1:one 4:2:two$ ");
  EXPECT_EQ(lines_of({""}), "");
}

TEST(LineReader, KeepsItsPlaceBehindALineThatIsTooLong) {
  for (size_t chunk = 1; chunk < 9; ++chunk) {
    const std::string lines = lines_of({"a\n0123456789abcdef\nb\n", chunk, 6});
    EXPECT_TRUE(lines.starts_with("0:1:a 2:2:0123456")) << lines;
    EXPECT_NE(lines.find("+ 19:3:b "), std::string::npos) << lines;
  }
  EXPECT_NE(lines_of({"0123456789", 3, 6}).find("$+"), std::string::npos);
}

TEST(LineReader, ContinuesWhereItIsTold) {
  EXPECT_EQ(lines_of({"one\ntwo\nthree\n"}, {4, 2}), "4:2:two 8:3:three ");
  const std::string text = "aa\nbb\ncc\ndd\n";
  const TextFile file(text);
  const UniqueFd fd = open_for_read(file.path());
  LineReader reader({.fd = fd.get(), .name = "file", .end = text.size(), .chunk_bytes = 5});
  Line line;
  for (const uint64_t at : {9U, 0U, 6U, 3U, 3U, 9U}) {
    reader.seek({at, at / 3 + 1});
    ASSERT_TRUE(reader.next(line));
    EXPECT_EQ(line.text, text.substr(at, 2));
    EXPECT_EQ(reader.place().offset, at + 3);
  }
}

TEST(LineReader, LooksAtNothingBehindTheEndItWasGiven) {
  const TextFile file("one\ntwo\nthree\n");
  const UniqueFd fd = open_for_read(file.path());
  LineReader reader({.fd = fd.get(), .name = "file", .end = 6});
  Line line;
  ASSERT_TRUE(reader.next(line));
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "tw");
  EXPECT_FALSE(line.ended);
  EXPECT_FALSE(reader.next(line));
}

TEST(LineReader, EndsQuietlyWhenTheFileIsShorterThanItWas) {
  const TextFile file("one\n");
  const UniqueFd fd = open_for_read(file.path());
  LineReader reader({.fd = fd.get(), .name = "file", .end = 5000});
  Line line;
  EXPECT_TRUE(reader.next(line));
  EXPECT_FALSE(reader.next(line));
}

}  // namespace line_reader_test
}  // namespace recrank
