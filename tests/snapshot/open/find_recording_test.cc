// What lies beside a recording: which files of a directory or archive are taken for its logs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/open/recognise.h"
#include "tests/support/snapshot/archive_fixture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"
#include "tests/support/snapshot/montana_generator.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank {
namespace find_recording_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string slog_of(const std::string& vat, const std::string& name) {
  SlogText log(SlogText::kOf2021);
  return log.process().create(vat, name).replay(vat, 0).deliver(vat, "a").text;
}

class LogsBeside : public testing::Test {
 protected:
  void kernel_at(const std::string& directory) { write_kernel_2021(dir_.path() / directory, 3); }
  void file(const std::string& name, const std::string& bytes) {
    fs::create_directories((dir_.path() / name).parent_path());
    write_bytes(dir_.path() / name, bytes);
  }
  // The logs as reports call them.
  static std::vector<std::string> shown(const Evidence& evidence) {
    std::vector<std::string> names;
    for (const Companion& each : evidence.companions) names.push_back(each.shown);
    return names;
  }
  [[nodiscard]] std::vector<std::string> shown() const { return shown(open_evidence(dir_.path())); }

  ScratchDir dir_;
};

TEST_F(LogsBeside, AreListedInTheOrderOfTheirPathsWhereverTheyLie) {
  kernel_at("data/kernel");
  file("z.slog", slog_of("v1", "alice"));
  write_compressed(dir_.path() / "chain.slog.gz", "gzip", slog_of("v1", "alice"));
  file("logs/old/slog.1", slog_of("v1", "alice"));
  EXPECT_THAT(shown(), ElementsAre("chain.slog.gz", "logs/old/slog.1", "z.slog"));
}

TEST_F(LogsBeside, AreJudgedByTheirContent) {
  kernel_at("kernel");
  file("chain.slog", "what an operator wrote down\n");
  file("notes.txt", slog_of("v1", "alice"));
  EXPECT_THAT(shown(), ElementsAre("notes.txt"));
}

TEST_F(LogsBeside, CanBeOpenedPackedOrNotWhileTheRecordingLives) {
  kernel_at("kernel");
  write_compressed(dir_.path() / "a.zst", "zstd", slog_of("v1", "alice"));
  file("b.slog", slog_of("v7", "bob"));
  const Evidence evidence = open_evidence(dir_.path());
  ASSERT_EQ(evidence.companions.size(), 2U);
  EXPECT_EQ(find_subject(*open_recording(evidence.companions[0].path), "alice").id, "v1");
  EXPECT_EQ(find_subject(*open_recording(evidence.companions[1].path), "bob").id, "v7");
}

TEST_F(LogsBeside, OfAnArchiveAreReadableAndNamedByTheirPlaceInIt) {
  kernel_at("kernel");
  write_archive(dir_.path() / "node.tar.gz", "gnutar", "gzip",
                {{"home/kernel/data.mdb", read_bytes(dir_.path() / "kernel/data.mdb")},
                 {"home/chain.slog", slog_of("v1", "alice")}});
  const Evidence evidence = open_evidence(dir_.path() / "node.tar.gz");
  EXPECT_EQ(evidence.recording->info().kind, "kerneldb-lmdb");
  ASSERT_THAT(shown(evidence), ElementsAre("home/chain.slog"));
  EXPECT_EQ(open_recording(evidence.companions[0].path)->info().kind, "slog");
}

TEST_F(LogsBeside, OfAFileThatIsNamedAreNone) {
  kernel_at("kernel");
  file("kernel/chain.slog", slog_of("v1", "alice"));
  const Evidence named = open_evidence(dir_.path() / "kernel/data.mdb");
  EXPECT_THAT(named.companions, IsEmpty());
  EXPECT_THAT(shown(), ElementsAre("kernel/chain.slog"));
}

TEST_F(LogsBeside, OfALogAreNoneItIsTheRecording) {
  file("chain.slog", slog_of("v1", "alice"));
  const Evidence evidence = open_evidence(dir_.path());
  EXPECT_EQ(evidence.recording->info().kind, "slog");
  EXPECT_THAT(evidence.companions, IsEmpty());
}

TEST_F(LogsBeside, DoNotMakeASecondRecordingOfADirectory) {
  kernel_at("kernel");
  file("a.slog", slog_of("v1", "alice"));
  file("b.slog", slog_of("v1", "alice"));
  const FoundSet found = find_recordings(dir_.path(), "shown");
  EXPECT_EQ(found.recording.format->name, "kerneldb-lmdb");
  EXPECT_EQ(found.logs.size(), 2U);
  EXPECT_EQ(find_recording(dir_.path(), "shown").path, found.recording.path);
}

TEST_F(LogsBeside, WithoutADatabaseSeveralLogsLeaveItOpenWhichIsMeant) {
  file("a.slog", slog_of("v1", "alice"));
  file("b.slog", slog_of("v1", "alice"));
  try {
    (void)find_recordings(dir_.path(), "shown");
    FAIL() << "one of two logs was chosen";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("shown: holds several recordings"));
    EXPECT_THAT(error.what(), HasSubstr("a.slog (slog), b.slog (slog)"));
  }
}

// Logs that tell nothing of vats, and journals, are no companions: nobody would read them.
TEST_F(LogsBeside, AreSlogsAlone) {
  kernel_at("kernel");
  file("events.jsonl", R"({"schema":"recrank.journal/1","subject":"x"})"
                       "\n");
  file("v1.sst", R"({"type":"create-vat","transcriptNum":0,"vatID":"v1","dynamic":false,)"
                 R"("vatSourceBundle":{"moduleFormat":"nestedEvaluate","source":"x"}})"
                 "\n");
  EXPECT_THAT(shown(), IsEmpty());
}

TEST_F(LogsBeside, InsideANodesDirectoryAreNotLookedFor) {
  MontanaGenerator(dir_.path() / "node").run(2).save();
  file("node/chain.slog", slog_of("v1", "alice"));
  const Evidence evidence = open_evidence(dir_.path());
  EXPECT_EQ(evidence.recording->info().kind, "montana");
  EXPECT_THAT(evidence.companions, IsEmpty());
}

TEST_F(LogsBeside, AreNotFollowedThroughLinks) {
  kernel_at("home/kernel");
  file("elsewhere.slog", slog_of("v1", "alice"));
  fs::create_symlink(dir_.path() / "elsewhere.slog", dir_.path() / "home/chain.slog");
  EXPECT_THAT(open_evidence(dir_.path() / "home").companions, IsEmpty());
}

// They are looked at when they are asked, not before: a torn one is no obstacle.
TEST_F(LogsBeside, ThatAreDamagedDoNotKeepTheRecordingFromBeingOpened) {
  kernel_at("kernel");
  const std::string slog = slog_of("v1", "alice");
  file("torn.slog", slog.substr(0, slog.size() / 2));
  const Evidence evidence = open_evidence(dir_.path());
  EXPECT_THAT(shown(evidence), ElementsAre("torn.slog"));
  EXPECT_EQ(find_subject(*evidence.recording, "alice").held_count(), 3U);
}

TEST_F(LogsBeside, ReadingThemChangesNothing) {
  kernel_at("kernel");
  file("chain.slog", slog_of("v1", "alice"));
  const auto before = evidence_state(dir_.path());
  const Evidence evidence = open_evidence(dir_.path());
  (void)open_recording(evidence.companions.at(0).path);
  EXPECT_EQ(evidence_state(dir_.path()), before);
}

}  // namespace find_recording_test
}  // namespace recrank
