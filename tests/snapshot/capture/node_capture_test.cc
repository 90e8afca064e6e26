#include "snapshot/capture/node_capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "snapshot/io/archive_reader.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/ledger_fixture.h"
#include "tests/support/snapshot/lmdb_fixture.h"

namespace recrank {
namespace node_capture_test {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct InArchive {
  std::string bytes;
  std::string link;
};

std::map<std::string, InArchive> content(const fs::path& archive) {
  std::map<std::string, InArchive> all;
  ArchiveReader reader(archive, "a");
  while (const auto entry = reader.next()) {
    InArchive& one = all[entry->name];
    one.link = entry->hard_link;
    if (!entry->regular) continue;
    while (const auto piece = reader.read()) {
      one.bytes.resize(piece->offset);
      one.bytes += piece->bytes;
    }
    one.bytes.resize(reader.entry_size().value_or(0));
  }
  return all;
}

std::vector<std::string> paths(const std::vector<PassedOver>& list) {
  std::vector<std::string> out;
  for (const PassedOver& each : list) out.push_back(each.path);
  return out;
}

class NodeCapture : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(node_ / "buckets");
    write_ledger_db(node_ / "mainnet.db", ledgers_);
    write_bytes(node_ / "henyey.log", closed_lines(ledgers_, false));
    write_bytes(node_ / "buckets/one", "same content");
    write_bytes(node_ / "buckets/two", "same content");
    write_bytes(node_ / "identity.bin", "the key of all keys");
  }
  CapturedNode capture(const std::string& name = "a.tar.zst") {
    return capture_node({node_, scratch_.path() / name, {}, false, {}}, never_);
  }
  Error error_of(const std::string& name = "a.tar.zst") {
    try {
      (void)capture(name);
    } catch (const Error& error) {
      return error;
    }
    throw std::logic_error("no error");
  }
  size_t files_beside() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(scratch_.path()), {}));
  }

  const ScratchDir scratch_;
  const fs::path node_ = scratch_.path() / "node";
  const fs::path archive_ = scratch_.path() / "a.tar.zst";
  const std::vector<MadeLedger> ledgers_ = make_ledgers(60, 12);
  const Interrupt never_{};
};

TEST_F(NodeCapture, HoldsEveryFileAndAManifestOfTheirHashes) {
  const auto before = evidence_state(node_);
  const CapturedNode made = capture();
  EXPECT_EQ(evidence_state(node_), before);
  EXPECT_TRUE(made.recording);
  EXPECT_EQ(made.holds, "henyey-db node/mainnet.db");
  EXPECT_EQ(made.archive_sha256, sha256_hex_of_file(archive_));
  const auto all = content(archive_);
  EXPECT_EQ(all.at("node/henyey.log").bytes, read_bytes(node_ / "henyey.log"));
  EXPECT_EQ(all.at("node/mainnet.db").bytes, read_bytes(node_ / "mainnet.db"));
  const auto manifest = nlohmann::json::parse(all.at("capture.json").bytes);
  EXPECT_EQ(manifest.at("schema"), "recrank.capture/1");
  std::vector<std::string> named;
  for (const auto& file : manifest.at("files")) {
    named.push_back(file.at("path"));
    EXPECT_EQ(file.at("sha256"), sha256_hex_of_file(node_ / named.back()));
    EXPECT_EQ(file.at("bytes"), fs::file_size(node_ / named.back()));
  }
  EXPECT_THAT(named,
              UnorderedElementsAre("buckets/one", "buckets/two", "henyey.log", "mainnet.db"));
}

TEST_F(NodeCapture, LeavesSecretsOutAndNamesThem) {
  write_bytes(node_ / "node.toml", "node_seed = \"the-seed-itself\"\n");
  fs::create_directory(node_ / "keyring-file");
  write_bytes(node_ / "keyring-file/x.info", "key of a keyring");
  const CapturedNode made = capture();
  EXPECT_THAT(paths(made.walk.secrets),
              UnorderedElementsAre("identity.bin", "keyring-file", "node.toml"));
  run_program(
      {"/bin/sh", "-c", "zstd -dqc " + archive_.string() + " > " + archive_.string() + ".tar"});
  const std::string plain = read_bytes(archive_.string() + ".tar");
  const auto holds = [&](const char* text) { return plain.find(text) != std::string::npos; };
  EXPECT_TRUE(holds("same content"));
  EXPECT_FALSE(holds("the key of all keys"));
  EXPECT_FALSE(holds("key of a keyring"));
  EXPECT_FALSE(holds("the-seed-itself"));
}

TEST_F(NodeCapture, IsForItsOwnerAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  (void)capture();
  ::umask(before);
  EXPECT_EQ(fs::status(archive_).permissions(), fs::perms{0600});
  run_program({"/bin/sh", "-c",
               "umask 0; cd " + scratch_.path().string() + " && tar --zstd -xpf a.tar.zst"});
  EXPECT_EQ(fs::status(scratch_.path() / "node/henyey.log").permissions(), fs::perms{0600});
}

TEST_F(NodeCapture, StoresEqualFilesOnceAndNoZeroes) {
  constexpr size_t kHole = size_t{8} << 20;
  write_bytes(node_ / "table", "head" + std::string(kHole, '\0') + "tail");
  const CapturedNode made = capture();
  EXPECT_EQ(made.equal_bytes, std::string("same content").size());
  EXPECT_GT(made.hole_bytes, kHole - (size_t{128} << 10));
  const auto all = content(archive_);
  EXPECT_EQ(all.at("node/buckets/two").link, "node/buckets/one");
  EXPECT_EQ(all.at("node/table").bytes, read_bytes(node_ / "table"));
  EXPECT_LT(fs::file_size(archive_), size_t{64} << 10);
}

TEST_F(NodeCapture, AFileOfNothingButZeroesComesBack) {
  write_bytes(node_ / "zeroes", std::string(size_t{1} << 20, '\0'));
  write_bytes(node_ / "empty", "");
  write_bytes(node_ / "empty-too", "");
  (void)capture();
  const auto all = content(archive_);
  EXPECT_EQ(all.at("node/zeroes").bytes, std::string(size_t{1} << 20, '\0'));
  EXPECT_EQ(all.at("node/empty-too").link, "");
}

TEST_F(NodeCapture, EqualInputGivesAnEqualFile) {
  (void)capture();
  const ScratchDir elsewhere;
  fs::copy(node_, elsewhere.path() / "other-name", fs::copy_options::recursive);
  (void)capture_node(
      {elsewhere.path() / "other-name", scratch_.path() / "b.tar.zst", {}, false, {}}, never_);
  EXPECT_EQ(read_bytes(archive_), read_bytes(scratch_.path() / "b.tar.zst"));
}

TEST_F(NodeCapture, IsItselfARecording) {
  (void)capture();
  const auto recording = open_recording(archive_);
  EXPECT_EQ(recording->info().kind, "henyey-db");
  EXPECT_EQ(recording->info().evidence, "node/mainnet.db");
  EXPECT_EQ(recording->subjects().at(0).held, (std::vector<StepRange>{{60, 72}}));
  EXPECT_TRUE(recording->verify({}).damage.empty());
}

TEST_F(NodeCapture, EqualEvidenceInTwoPlacesComesBackInBoth) {
  fs::remove(node_ / "mainnet.db");
  fs::create_directory(node_ / "old");
  fs::copy_file(node_ / "henyey.log", node_ / "old/henyey.log");
  (void)capture();
  try {
    (void)open_recording(archive_);
    FAIL() << "two recordings, and one was chosen";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("node/henyey.log"));
    EXPECT_THAT(error.what(), HasSubstr("node/old/henyey.log"));
  }
}

TEST_F(NodeCapture, ADatabaseThatIsBeingWrittenIsCopiedConsistently) {
  const SqliteDb live(node_ / "mainnet.db", "live", SqliteAccess::kScratch);
  live.execute("PRAGMA journal_mode=WAL");
  live.execute("DELETE FROM ledgerheaders WHERE ledgerseq=71");
  live.execute("BEGIN IMMEDIATE");
  live.execute("DELETE FROM ledgerheaders");  // not committed: nobody may see it
  const CapturedNode made = capture();
  live.execute("ROLLBACK");
  ASSERT_EQ(made.walk.files.back().path, "mainnet.db");
  EXPECT_FALSE(made.walk.files.back().copy.empty());
  EXPECT_THAT(paths(made.walk.skipped), UnorderedElementsAre("mainnet.db-shm", "mainnet.db-wal"));
  EXPECT_EQ(open_recording(archive_)->subjects().at(0).held, (std::vector<StepRange>{{60, 71}}));
}

TEST_F(NodeCapture, OfADeadDatabaseItsLogComesAlong) {
  {
    const SqliteDb live(node_ / "mainnet.db", "live", SqliteAccess::kScratch);
    live.execute("PRAGMA journal_mode=WAL");
    live.execute("DELETE FROM ledgerheaders WHERE ledgerseq=71");
    fs::copy_file(node_ / "mainnet.db", scratch_.path() / "m");
    fs::copy_file(node_ / "mainnet.db-wal", scratch_.path() / "w");
  }
  fs::rename(scratch_.path() / "m", node_ / "mainnet.db");
  fs::rename(scratch_.path() / "w", node_ / "mainnet.db-wal");
  (void)capture();
  EXPECT_EQ(content(archive_).count("node/mainnet.db-wal"), 1U);
  EXPECT_EQ(open_recording(archive_)->subjects().at(0).held, (std::vector<StepRange>{{60, 71}}));
}

TEST_F(NodeCapture, AKernelsDirectoryComesBackWithEqualSteps) {
  const fs::path home = scratch_.path() / "kernel";
  write_kernel_2021(home / "data/state", 50);
  const CapturedNode made = capture_node({home, archive_, {}, false, {}}, never_);
  EXPECT_THAT(made.holds, HasSubstr("kerneldb-lmdb node/data/state/"));
  const auto before = open_recording(home);
  const auto after = open_recording(archive_);
  ASSERT_EQ(after->subjects().size(), before->subjects().size());
  uint64_t steps = 0;
  for (const Subject& subject : before->subjects()) {
    for (const StepRange held : subject.held) {
      const auto was = before->steps(subject.id, held);
      const auto is = after->steps(subject.id, held);
      Step a;
      Step b;
      while (was->next(a)) {
        ASSERT_TRUE(is->next(b));
        EXPECT_EQ(a.delivery, b.delivery);
        ++steps;
      }
    }
  }
  EXPECT_GT(steps, 0U);
}

TEST_F(NodeCapture, FollowsNoLinkAndWaitsForNoPipe) {
  write_bytes(scratch_.path() / "outside", "not of this node");
  fs::create_symlink(scratch_.path() / "outside", node_ / "link");
  fs::create_directory_symlink("..", node_ / "up");
  ASSERT_EQ(::mkfifo((node_ / "pipe").c_str(), 0600), 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (node_ / "s").string();
  ASSERT_LT(name.size(), sizeof(address.sun_path));
  name.copy(address.sun_path, name.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const CapturedNode made = capture();
  ::close(fd);
  EXPECT_THAT(paths(made.walk.skipped), UnorderedElementsAre("link", "up", "pipe", "s"));
  EXPECT_EQ(content(archive_).count("node/link"), 0U);
}

TEST_F(NodeCapture, SaysWhatItCouldNotRead) {
  constexpr uid_t kNobody = 65534;
  write_bytes(node_ / "locked", "x");
  fs::permissions(node_ / "locked", fs::perms::none);
  fs::create_directory(node_ / "closed");
  fs::permissions(node_ / "closed", fs::perms::none);
  // Root may read everything: be somebody else for a while.
  const bool root = ::geteuid() == 0;
  fs::permissions(scratch_.path(), fs::perms::all);
  ASSERT_EQ(root ? ::seteuid(kNobody) : 0, 0);
  const CapturedNode made = capture();
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  fs::permissions(node_ / "closed", fs::perms::owner_all);
  EXPECT_THAT(paths(made.walk.unreadable), UnorderedElementsAre("closed", "locked"));
  const auto manifest = nlohmann::json::parse(content(archive_).at("capture.json").bytes);
  EXPECT_EQ(manifest.at("unreadable").size(), 2U);
}

TEST_F(NodeCapture, LeavesNothingOnAFullDisk) {
  std::string noise;  // that no packer makes small
  for (int i = 0; i < 4000; ++i) noise += sha256_hex(std::to_string(i));
  write_bytes(node_ / "noise", noise);
  (void)capture("whole.tar.zst");
  const uint64_t whole = fs::file_size(scratch_.path() / "whole.tar.zst");
  const size_t files = files_beside();
  const auto old_action = ::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ::getrlimit(RLIMIT_FSIZE, &old_limit);
  for (const uint64_t room : {uint64_t{0}, uint64_t{100}, whole / 2, whole - 1}) {
    const rlimit limit{room, old_limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Error error = error_of();
    ::setrlimit(RLIMIT_FSIZE, &old_limit);
    EXPECT_EQ(error.code(), ErrorCode::kIo) << room;
    EXPECT_THAT(error.what(), HasSubstr("File too large")) << room;
    EXPECT_EQ(files_beside(), files) << room;
  }
  ::signal(SIGXFSZ, old_action);
}

TEST_F(NodeCapture, RefusesWhatWouldLoseOrSwallowSomething) {
  write_bytes(archive_, "evidence");
  EXPECT_EQ(error_of().code(), ErrorCode::kUsage);
  EXPECT_EQ(read_bytes(archive_), "evidence");
  EXPECT_THAT(error_of("node/buckets/in.tar.zst").what(), HasSubstr("would lie in the directory"));
  const ScratchDir empty;
  write_bytes(empty.path() / "identity.bin", "x");
  try {
    (void)capture_node({empty.path(), scratch_.path() / "e", {}, false, {}}, never_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_THAT(error.what(), HasSubstr("1 left out as secrets"));
  }
  EXPECT_FALSE(fs::exists(scratch_.path() / "e"));
}

TEST_F(NodeCapture, StopsWhenAskedTo) {
  Interrupt asked;
  asked.request();
  EXPECT_THROW((void)capture_node({node_, archive_, {}, false, {}}, asked), Error);
  EXPECT_FALSE(fs::exists(archive_));
}

}  // namespace node_capture_test
}  // namespace recrank
