#include "snapshot/open/unpack.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "tests/support/snapshot/archive_fixture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"

namespace recrank {
namespace unpack_test {

namespace fs = std::filesystem;

const std::string kSlogLine = R"({"time":1.5,"type":"import-kernel-start"})"
                              "\n";

class Unpack : public testing::Test {
 protected:
  // The text of the Error, with its code in front.
  std::string error_of(const fs::path& file) {
    try {
      (void)unpack(file, "packed");
      return "no error";
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.code())) + " " + error.what();
    }
  }

  ScratchDir dir_;
};

class UnpackFilter : public Unpack, public testing::WithParamInterface<const char*> {};

TEST_P(UnpackFilter, GivesTheBytesOfACompressedFile) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += std::to_string(i) + "\n";
  write_compressed(dir_.path() / "chain.slog.x", GetParam(), bytes);
  const Unpacked out = unpack(dir_.path() / "chain.slog.x", "packed");
  EXPECT_FALSE(out.archive);
  EXPECT_EQ(out.path.filename(), "chain.slog");
  EXPECT_EQ(read_bytes(out.path), bytes);
}

TEST_P(UnpackFilter, GivesTheEvidenceOfATar) {
  write_archive(dir_.path() / "a", "gnutar", GetParam(),
                {{"home/chain.slog", kSlogLine}, {"home/genesis.json", "{\"a\":1}"}});
  const Unpacked out = unpack(dir_.path() / "a", "packed");
  EXPECT_TRUE(out.archive);
  EXPECT_EQ(read_bytes(out.path / "home/chain.slog"), kSlogLine);
  EXPECT_FALSE(fs::exists(out.path / "home/genesis.json")) << "not evidence";
}

TEST_P(UnpackFilter, RefusesATarThatWasCutOffBetweenTwoEntries) {
  const std::string block(512, 'x');
  write_archive(dir_.path() / "whole.tar", "ustar", "none",
                {{"swingstore.sqlite", block}, {"swingstore.sqlite-wal", block}});
  // A head and a block of each; behind them the end mark.
  for (const size_t size : {2 * block.size(), 4 * block.size()}) {
    write_compressed(dir_.path() / "cut", GetParam(),
                     read_bytes(dir_.path() / "whole.tar").substr(0, size));
    EXPECT_NE(error_of(dir_.path() / "cut").find("the tar ends without its end mark"),
              std::string::npos)
        << size;
  }
  write_compressed(dir_.path() / "whole", GetParam(), read_bytes(dir_.path() / "whole.tar"));
  EXPECT_EQ(error_of(dir_.path() / "whole"), "no error");
}

TEST_P(UnpackFilter, RefusesEveryTruncation) {
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += std::to_string(i * 7919) + "\n";
  const fs::path whole = dir_.path() / "whole";
  write_compressed(whole, GetParam(), bytes);
  const std::string packed = read_bytes(whole);
  const fs::path cut = dir_.path() / "cut.slog";
  for (size_t size = 6; size < packed.size(); size += 97) {
    write_bytes(cut, std::string_view(packed).substr(0, size));
    EXPECT_TRUE(error_of(cut).starts_with("1 packed: ")) << size << ": " << error_of(cut);
  }
}

INSTANTIATE_TEST_SUITE_P(Filters, UnpackFilter, testing::Values("gzip", "bzip2", "zstd", "xz"));

TEST_F(Unpack, AZeroBlockBecomesAHole) {
  std::string bytes(size_t{64} << 20, '\0');
  bytes.replace(0, 5, "begin");
  write_compressed(dir_.path() / "data.mdb.gz", "gzip", bytes);
  const Unpacked out = unpack(dir_.path() / "data.mdb.gz", "packed");
  EXPECT_EQ(fs::file_size(out.path), bytes.size());
  EXPECT_LT(disk_bytes(out.path), uint64_t{1} << 20);
  EXPECT_TRUE(read_bytes(out.path) == bytes);
}

TEST_F(Unpack, AWrongChecksumOfGzipIsFound) {
  const fs::path file = dir_.path() / "x.gz";
  write_compressed(file, "gzip", std::string(5000, 'x'));
  std::string packed = read_bytes(file);
  packed[packed.size() - 6] ^= 1;  // in the CRC-32
  write_bytes(file, packed);
  EXPECT_NE(error_of(file).find("incorrect data check"), std::string::npos) << error_of(file);
}

TEST_F(Unpack, SeveralGzipMembersAreOneFile) {
  const fs::path file = dir_.path() / "chain.slog.gz";
  write_compressed(dir_.path() / "1", "gzip", "one\n");
  write_compressed(dir_.path() / "2", "gzip", "two\n");
  write_bytes(file, read_bytes(dir_.path() / "1") + read_bytes(dir_.path() / "2"));
  EXPECT_EQ(read_bytes(unpack(file, "packed").path), "one\ntwo\n");
  write_bytes(file, read_bytes(dir_.path() / "1") + std::string(512, '\0'));
  EXPECT_EQ(read_bytes(unpack(file, "packed").path), "one\n") << "padding";
  write_bytes(file, read_bytes(dir_.path() / "1") + "garbage");
  EXPECT_NE(error_of(file).find("behind the end"), std::string::npos);
}

TEST_F(Unpack, ATruncatedArchiveNamesTheEntry) {
  const fs::path file = dir_.path() / "a.tar";
  write_archive(file, "gnutar", "none", {{"x.slog", kSlogLine + std::string(100'000, ' ')}});
  fs::resize_file(file, 50'000);
  const std::string error = error_of(file);
  EXPECT_TRUE(error.starts_with("1 packed: entry 'x.slog': ")) << error;
  EXPECT_NE(error.find("of 50000)"), std::string::npos) << error;
}

TEST_F(Unpack, KeepsCompanionsAndCompressedLogs) {
  const std::vector<std::string> kept = {"d/swingstore.sqlite",    "d/swingstore.sqlite-wal",
                                         "e/export-manifest.json", "e/export-data.jsonl",
                                         "e/snapshot.v1.7",        "e/transcript.v1.0.9",
                                         "e/bundle.b1-12",         "chain.slog.gz"};
  write_compressed(dir_.path() / "gz", "gzip", kSlogLine);
  std::vector<ArchiveMember> members;
  for (const std::string& name : kept) members.push_back({name, "x"});
  members[0].bytes = std::string("SQLite format 3\0", 16);
  members[2].bytes = R"({"blockHeight":1,"artifactMode":"replay","artifacts":[]})";
  members.back().bytes = read_bytes(dir_.path() / "gz");
  members.push_back({"d/LOG", "2021/05/01 opened"});
  for (const char* format : {"gnutar", "pax", "ustar", "zip"}) {
    write_archive(dir_.path() / format, format, "none", members);
    const Unpacked out = unpack(dir_.path() / format, "packed");
    for (const ArchiveMember& member : members) {
      EXPECT_EQ(fs::exists(out.path / member.name), member.name != "d/LOG") << member.name;
    }
  }
}

TEST_F(Unpack, TheLaterOfTwoEntriesOfOneNameCounts) {
  write_archive(dir_.path() / "a.tar", "gnutar", "none",
                {{"x.slog", kSlogLine}, {"./x.slog", kSlogLine + kSlogLine}});
  EXPECT_EQ(read_bytes(unpack(dir_.path() / "a.tar", "packed").path / "x.slog"),
            kSlogLine + kSlogLine);
}

TEST_F(Unpack, NothingIsWrittenOutside) {
  for (const std::string name :
       {"../evil.slog", "a/../../evil.slog", "/tmp/recrank-evil.slog", "a/b/../../../evil.slog"}) {
    for (const char* format : {"gnutar", "pax", "zip"}) {
      write_archive(dir_.path() / "a", format, "none", {{name, kSlogLine}});
      const std::string error = error_of(dir_.path() / "a");
      EXPECT_TRUE(error.starts_with("1 packed: entry '") && error.ends_with("refused")) << error;
    }
  }
  EXPECT_FALSE(fs::exists("/tmp/recrank-evil.slog"));
}

TEST_F(Unpack, LinksAreNotFollowedAndNotMade) {
  const fs::path outside = dir_.path() / "outside";
  fs::create_directory(outside);
  write_bytes(outside / "secret.slog", kSlogLine);
  write_archive(dir_.path() / "a.tar", "gnutar", "none",
                {{"home", "", outside.string()},
                 {"home/x.slog", kSlogLine},
                 {"hard.slog", "", "", (outside / "secret.slog").string()},
                 {"soft.slog", "", (outside / "secret.slog").string()}});
  const Unpacked out = unpack(dir_.path() / "a.tar", "packed");
  EXPECT_EQ(read_bytes(out.path / "home/x.slog"), kSlogLine);
  EXPECT_FALSE(fs::exists(outside / "x.slog"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(out.path / "hard.slog")));
  EXPECT_FALSE(fs::exists(fs::symlink_status(out.path / "soft.slog")));
}

TEST_F(Unpack, AFileWhereADirectoryIsNeededIsInvalidData) {
  write_archive(dir_.path() / "a.tar", "gnutar", "none",
                {{"x.slog", kSlogLine}, {"x.slog/y.slog", kSlogLine}});
  EXPECT_TRUE(error_of(dir_.path() / "a.tar").starts_with("1 packed: entry "));
  write_archive(dir_.path() / "b.tar", "gnutar", "none",
                {{"x.slog/y.slog", kSlogLine}, {"x.slog", kSlogLine}});
  EXPECT_TRUE(error_of(dir_.path() / "b.tar").starts_with("1 packed: entry "));
}

TEST_F(Unpack, NoDamagedArchiveDoesAnythingButThrow) {
  write_archive(dir_.path() / "good.zip", "zip", "none",
                {{"a.slog", kSlogLine + std::string(3000, 'a')}, {"b.slog", kSlogLine}});
  write_archive(dir_.path() / "good.tar", "pax", "gzip",
                {{"a.slog", kSlogLine + std::string(3000, 'a')}, {"b.slog", kSlogLine}});
  uint64_t state = 1;
  for (const char* name : {"good.zip", "good.tar"}) {
    const std::string good = read_bytes(dir_.path() / name);
    for (int i = 0; i < 300; ++i) {
      std::string bytes = good;
      for (int flips = 0; flips < 3; ++flips) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        bytes[(state >> 33) % bytes.size()] = static_cast<char>(state >> 25);
      }
      write_bytes(dir_.path() / "bad", bytes);
      (void)error_of(dir_.path() / "bad");
    }
  }
}

TEST_F(Unpack, LeavesNoScratchBehind) {
  const fs::path temporary = dir_.path() / "tmp";
  fs::create_directory(temporary);
  ASSERT_EQ(::setenv("TMPDIR", temporary.c_str(), 1), 0);
  write_compressed(dir_.path() / "x.gz", "gzip", kSlogLine);
  { const Unpacked out = unpack(dir_.path() / "x.gz", "packed"); }
  fs::resize_file(dir_.path() / "x.gz", fs::file_size(dir_.path() / "x.gz") - 4);
  (void)error_of(dir_.path() / "x.gz");
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(fs::is_empty(temporary));
}

TEST_F(Unpack, PeekingTellsWhatIsInside) {
  const auto peek = [&](const std::string& bytes) {
    write_compressed(dir_.path() / "p", "zstd", bytes);
    return peek_compressed(dir_.path() / "p");
  };
  EXPECT_EQ(words_of(peek(kSlogLine)), "a slog");
  EXPECT_EQ(words_of(peek(read_bytes(write_kernel_2021(dir_.path() / "k")))), "an LMDB database");
  EXPECT_EQ(peek("hello").format, nullptr);
  write_bytes(dir_.path() / "p", "\x1f\x8b garbage");
  EXPECT_EQ(peek_compressed(dir_.path() / "p").format, nullptr);
}

}  // namespace unpack_test
}  // namespace recrank
