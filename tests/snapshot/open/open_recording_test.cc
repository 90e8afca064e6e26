#include "snapshot/open/open_recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "tests/support/snapshot/archive_fixture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"

namespace recrank {
namespace open_recording_test {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kSst = R"({"type":"create-vat","transcriptNum":0,"vatID":"v1","dynamic":false,)"
                         R"("vatSourceBundle":{"moduleFormat":"nestedEvaluate","source":"x"}})"
                         "\n"
                         R"({"transcriptNum":1,"d":["message","o+0",{}],"syscalls":[]})"
                         "\n";
const std::string kSlog =
    R"({"time":1,"type":"import-kernel-start"})"
    "\n"
    R"({"time":2,"type":"create-vat","vatID":"v1","dynamic":false,"name":"a",)"
    R"("vatSourceBundle":{"moduleFormat":"nestedEvaluate","source":"x"},"managerType":"xs-worker"})"
    "\n";

class OpenRecording : public testing::Test {
 protected:
  OpenRecording() { kernel_ = read_bytes(write_kernel_2021(aside_.path())); }

  fs::path file(const std::string& name, const std::string& bytes) {
    const fs::path path = dir_.path() / name;
    fs::create_directories(path.parent_path());
    write_bytes(path, bytes);
    return path;
  }
  RecordingInfo info(const fs::path& path) { return open_recording(path)->info(); }
  // The text of the Error, with its code in front.
  std::string error_of(const fs::path& path) {
    try {
      (void)open_recording(path);
      return "no error";
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.code())) + " " + error.what();
    }
  }

  ScratchDir dir_;
  ScratchDir aside_;
  std::string kernel_;
};

TEST_F(OpenRecording, JudgesByContentNotByName) {
  EXPECT_EQ(info(file("notes.txt", kernel_)).kind, "kerneldb-lmdb");
  EXPECT_EQ(info(file("data.mdb", kSst)).kind, "sst");
  EXPECT_EQ(info(file("x.sst", kSlog)).kind, "slog");
}

TEST_F(OpenRecording, ALogMayBeginInsideATornLine) {
  EXPECT_EQ(info(file("x", R"(,"vatID":"v1"})"
                           "\n" +
                               kSlog))
                .kind,
            "slog");
}

TEST_F(OpenRecording, AnSstNeedsNoTranscriptNumAndKeysInAnyOrder) {
  const std::string line = R"({"vatID":"v1","vatSourceBundle":{"source":")" +
                           std::string(20'000, 'x') +
                           R"("},"type":"create-vat"})"
                           "\n";
  EXPECT_EQ(info(file("x", line)).kind, "sst");
}

TEST_F(OpenRecording, FindsTheKernelInANodesHome) {
  file("home/config/genesis.json", "{\"chain_id\":\"x\"}");
  file("home/data/application.db/LOG", "leveldb");
  file("home/data/ag-cosmos-chain-state/data.mdb", kernel_);
  file("home/chain.slog", kSlog);
  const fs::path home = dir_.path() / "home";
  const RecordingInfo found = info(home);
  EXPECT_EQ(found.kind, "kerneldb-lmdb");
  EXPECT_EQ(found.path, home.string());
  EXPECT_EQ(found.evidence, "data/ag-cosmos-chain-state/data.mdb");
}

TEST_F(OpenRecording, ChoosesTheOnlyLogWhenThereIsNoDatabase) {
  write_compressed(dir_.path() / "chain.slog.gz", "gzip", kSlog);
  const RecordingInfo found = info(dir_.path());
  EXPECT_EQ(found.kind, "slog");
  EXPECT_EQ(found.evidence, "chain.slog.gz");
}

TEST_F(OpenRecording, ListsSeveralDatabases) {
  file("a/data.mdb", kernel_);
  file("b/data.mdb", kernel_);
  EXPECT_EQ(error_of(dir_.path()), "0 " + dir_.path().string() +
                                       ": holds several recordings; name one of them: "
                                       "a/data.mdb (kerneldb-lmdb), b/data.mdb (kerneldb-lmdb)");
}

TEST_F(OpenRecording, LeavesOtherLmdbDatabasesAside) {
  file("kernel/data.mdb", kernel_);
  LmdbFixture other(dir_.path() / "wallet", {.name = "wallet"});
  other.put("a", "b");
  other.commit();
  EXPECT_EQ(info(dir_.path()).evidence, "kernel/data.mdb");
}

TEST_F(OpenRecording, ALogMayBeginWithALongTornLine) {
  EXPECT_EQ(info(file("x", std::string(300'000, 'x') + "\n" + kSlog)).kind, "slog");
}

TEST_F(OpenRecording, KnowsALmdbFileByItsSecondMetaPage) {
  std::fill_n(kernel_.begin(), 4096, '\0');
  EXPECT_EQ(info(file("data.mdb", kernel_)).kind, "kerneldb-lmdb");
}

TEST_F(OpenRecording, DoesNotFollowLinks) {
  file("real/data.mdb", kernel_);
  fs::create_directory(dir_.path() / "home");
  fs::create_directory_symlink(dir_.path(), dir_.path() / "home/loop");
  fs::create_symlink(dir_.path() / "real/data.mdb", dir_.path() / "home/data.mdb");
  EXPECT_THAT(error_of(dir_.path() / "home"), HasSubstr("no recording in it or below"));
  EXPECT_EQ(info(dir_.path() / "home/data.mdb").kind, "kerneldb-lmdb")
      << "but a link that is named is followed";
}

TEST_F(OpenRecording, OpensEveryCompression) {
  for (const char* filter : {"gzip", "bzip2", "zstd", "xz"}) {
    const fs::path path = dir_.path() / (std::string("data.mdb.") + filter);
    write_compressed(path, filter, kernel_);
    const auto recording = open_recording(path);
    EXPECT_EQ(recording->info().path, path.string());
    EXPECT_EQ(recording->info().evidence, "");
    EXPECT_EQ(find_subject(*recording, "alice").held_count(), 20U);
    EXPECT_TRUE(recording->verify({}).damage.empty());
  }
}

TEST_F(OpenRecording, OpensANodesHomeInATarBz2) {
  const fs::path path = dir_.path() / "node.tar.bz2";
  write_archive(path, "gnutar", "bzip2",
                {{"node/config/genesis.json", "{}"},
                 {"node/data/x/data.mdb", kernel_},
                 {"node/data/x/lock.mdb", std::string(8192, '\1')},
                 {"node/chain.slog", kSlog},
                 {"node/latest", "", "data"}});
  const auto before = evidence_state(dir_.path());
  const auto recording = open_recording(path);
  EXPECT_EQ(recording->info().kind, "kerneldb-lmdb");
  EXPECT_EQ(recording->info().path, path.string());
  EXPECT_EQ(recording->info().evidence, "node/data/x/data.mdb");
  const auto stream = recording->steps("v1", {0, 20});
  Step step;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(stream->next(step));
  EXPECT_EQ(recording->setup("v1", 0).label, "v1:alice");
  EXPECT_EQ(recording->checkpoints("v1").size(), 1U);
  EXPECT_EQ(evidence_state(dir_.path()), before);
}

TEST_F(OpenRecording, OpensWhatIsPackedTwice) {
  write_compressed(aside_.path() / "gz", "gzip", kernel_);
  write_archive(aside_.path() / "inner", "pax", "zstd",
                {{"x/data.mdb.gz", read_bytes(aside_.path() / "gz")}});
  const fs::path path = dir_.path() / "evidence.zip";
  write_archive(path, "zip", "none", {{"up/node.tar.zst", read_bytes(aside_.path() / "inner")}});
  EXPECT_EQ(info(path).evidence, "up/node.tar.zst/x/data.mdb.gz");
  EXPECT_THAT(error_of(file("bad.gz", "\x1f\x8b\x08")), StartsWith("1 "));
}

TEST_F(OpenRecording, DamageInAnArchiveNamesArchiveAndFile) {
  kernel_.resize(kernel_.size() / 2);
  const fs::path path = dir_.path() / "node.tar";
  write_archive(path, "gnutar", "none", {{"x/data.mdb", kernel_}});
  EXPECT_THAT(error_of(path), StartsWith("1 " + path.string() + ":x/data.mdb: page "));
}

TEST_F(OpenRecording, SaysWhatItFoundInstead) {
  EXPECT_THAT(error_of(file("empty", "")), HasSubstr("empty: not a recording but an empty file; "));
  EXPECT_THAT(error_of(file("text", "hello")),
              HasSubstr("something of no known format; accepted are"));
  EXPECT_THAT(error_of(file("json", "{\"a\":1}")), StartsWith("1 "));
  EXPECT_EQ(error_of("/nonexistent/x"), "2 cannot open /nonexistent/x: No such file or directory");
  EXPECT_EQ(error_of("/dev/null"), "2 /dev/null: not a regular file");
  fs::create_directory(dir_.path() / "none");
  EXPECT_THAT(error_of(dir_.path() / "none"),
              HasSubstr("no recording in it or below (0 files seen)"));
  write_archive(dir_.path() / "x.tar", "gnutar", "none", {{"readme", "hello"}});
  EXPECT_THAT(error_of(dir_.path() / "x.tar"), HasSubstr("no recording in it"));
  write_compressed(dir_.path() / "x.gz", "gzip", "");
  EXPECT_THAT(error_of(dir_.path() / "x.gz"), StartsWith("1 "));
}

}  // namespace open_recording_test
}  // namespace recrank
