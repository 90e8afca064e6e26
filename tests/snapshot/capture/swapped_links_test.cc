// Somebody who may write into a node's directory swaps links in while it is captured.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/capture/node_capture.h"
#include "snapshot/io/archive_reader.h"
#include "snapshot/sqlite/sqlite_copy.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/snapshot/archive_fixture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/ledger_fixture.h"

namespace recrank {
namespace swapped_links_test {

namespace fs = std::filesystem;

constexpr const char* kCanary = "the canary that lies outside";

// Exchanges the two names for as long as it lives, as fast as it can.
class Swapping {
 public:
  Swapping(fs::path one, fs::path other)
      : thread_([this, one = std::move(one), other = std::move(other)] {
          while (!stop_) {
            ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
          }
        }) {}
  ~Swapping() {
    stop_ = true;
    thread_.join();
  }
  Swapping(const Swapping&) = delete;
  Swapping& operator=(const Swapping&) = delete;

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

bool holds_canary(const fs::path& archive) {
  ArchiveReader reader(archive, "a");
  while (const auto entry = reader.next()) {
    std::string bytes;
    while (const auto piece = entry->regular ? reader.read() : std::nullopt) bytes += piece->bytes;
    if (bytes.find(kCanary) != std::string::npos) return true;
  }
  return false;
}

class SwappedLinks : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(node_ / "tables");
    fs::create_directory(scratch_.path() / "private");
    write_bytes(scratch_.path() / "private/table", kCanary);
    write_bytes(node_ / "tables/table", "what a node has");
    write_bytes(node_ / "plain", "what a node has");
    write_bytes(node_ / "stays", "what a node has");
    fs::create_symlink(scratch_.path() / "private/table", scratch_.path() / "file-link");
    fs::create_directory_symlink(scratch_.path() / "private", scratch_.path() / "directory-link");
  }
  // How many captures ended with an archive.
  int capture_often(int times) {
    int made = 0;
    for (int i = 0; i < times; ++i) {
      const fs::path archive = scratch_.path() / "a.tar.zst";
      try {
        (void)capture_node({node_, archive, {}, false, {}}, never_);
        EXPECT_FALSE(holds_canary(archive)) << i;
        fs::remove(archive);
        ++made;
      } catch (const Error&) {
        EXPECT_FALSE(fs::exists(archive));
      }
    }
    return made;
  }

  const ScratchDir scratch_;
  const fs::path node_ = scratch_.path() / "node";
  const Interrupt never_{};
};

TEST_F(SwappedLinks, InPlaceOfAFileLeadNowhere) {
  const Swapping swapping(node_ / "plain", scratch_.path() / "file-link");
  EXPECT_GT(capture_often(40), 0);
}

TEST_F(SwappedLinks, InPlaceOfADirectoryLeadNowhere) {
  const Swapping swapping(node_ / "tables", scratch_.path() / "directory-link");
  EXPECT_GT(capture_often(40), 0);
}

TEST_F(SwappedLinks, InPlaceOfADatabaseInUseLeadNowhere) {
  const SqliteDb live(node_ / "live.db", "live", SqliteAccess::kScratch);
  live.execute("PRAGMA journal_mode=WAL; CREATE TABLE a(b); INSERT INTO a VALUES('inside')");
  const SqliteDb outside(scratch_.path() / "private/o.db", "o", SqliteAccess::kScratch);
  outside.execute("PRAGMA journal_mode=WAL; CREATE TABLE a(b); INSERT INTO a VALUES('outside')");
  fs::create_symlink(scratch_.path() / "private/o.db", scratch_.path() / "db-link");
  const Beneath beneath(node_);
  const auto copied = [&](int i) -> std::string {
    const ScratchDir ours;
    try {
      copy_live_sqlite_beneath(beneath, "live.db", ours.path() / "copy");
    } catch (const Error&) {
      return "refused";
    }
    const SqliteDb copy(ours.path() / "copy", "copy", SqliteAccess::kEvidence);
    Statement get(copy, "SELECT b FROM a");
    return get.step() ? std::string(get.text(0)) : "empty " + std::to_string(i);
  };
  EXPECT_EQ(copied(0), "inside");
  const Swapping swapping(node_ / "live.db", scratch_.path() / "db-link");
  for (int i = 0; i < 40; ++i) EXPECT_THAT(copied(i), testing::AnyOf("inside", "refused"));
}

}  // namespace swapped_links_test
}  // namespace recrank
