#include "snapshot/lmdb/lmdb_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/kerneldb/kerneldb_lmdb.h"
#include "snapshot/agoric/kerneldb/kerneldb_store.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"

namespace recrank {
namespace lmdb_copy_test {

using namespace agoric;

namespace fs = std::filesystem;

constexpr int kKeys = 400;

void put_counter(LmdbFixture& kernel, int counter, int keys = kKeys) {
  // Some thousand bytes each, so that one transaction touches many pages.
  const std::string value = std::to_string(counter) + ":" + std::string(size_t{1500}, 'x');
  for (int i = 0; i < keys; ++i) kernel.put("kp" + std::to_string(i) + ".state", value);
  kernel.put("crankNumber", std::to_string(counter));
}

// A process that commits one transaction after the other, all keys with the same counter.
class LiveWriter {
 public:
  // Every transaction but the first three changes `keys` keys.
  LiveWriter(const fs::path& directory, const LmdbFixture::Options& options, useconds_t pause_us,
             int keys = kKeys) {
    const auto [read_end, write_end] = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      LmdbFixture kernel(directory, options);
      kernel.put_genesis();
      for (int counter = 1;; ++counter) {
        put_counter(kernel, counter, counter <= 3 ? kKeys : keys);
        kernel.commit();
        if (counter == 3 && ::write(write_end.get(), "x", 1) != 1) ::_exit(1);
        ::usleep(pause_us);
      }
    }
    char byte = 0;
    (void)read_some(read_end.get(), &byte, 1, "pipe");
  }
  ~LiveWriter() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  LiveWriter(const LiveWriter&) = delete;
  LiveWriter& operator=(const LiveWriter&) = delete;

 private:
  pid_t pid_ = -1;
};

// The counter that all keys of the copy carry.
std::string counter_of(const fs::path& file, int keys = kKeys) {
  const LmdbEnv env(file, "copy");
  const KerneldbStore store(env, env.open_dbi(kKernelDbiName));
  const std::string counter = store.get("crankNumber");
  for (int i = 0; i < keys; ++i) {
    const std::string value = store.get("kp" + std::to_string(i) + ".state");
    EXPECT_EQ(value.substr(0, value.find(':')), counter) << "key " << i;
  }
  return counter;
}

TEST(LmdbCopy, OfAQuietDatabaseIsSparseAndChangesNothing) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 200, {.write_map = true});
  const auto before = evidence_state(dir.path() / "k");
  const fs::path copy = dir.path() / "copy.mdb";
  const LmdbCopy made = copy_lmdb_consistently(file, copy);
  EXPECT_FALSE(made.live);
  EXPECT_FALSE(made.used_reader_slot);
  EXPECT_EQ(evidence_state(dir.path() / "k"), before);
  EXPECT_LE(disk_bytes(copy), disk_bytes(file) + 8192);
  const auto original = open_kerneldb_lmdb(file, "a");
  const auto copied = open_kerneldb_lmdb(copy, "b");
  EXPECT_EQ(copied->info().facts, original->info().facts);
  EXPECT_TRUE(copied->verify({}).damage.empty());
}

TEST(LmdbCopy, OfASparseFileOfTwoGiBTakesTheRoomOfItsPages) {
  const ScratchDir dir;
  const fs::path file =
      write_kernel_2021(dir.path() / "k", 200, {.map_bytes = size_t{2} << 30, .write_map = true});
  const fs::path copy = dir.path() / "copy.mdb";
  copy_lmdb_consistently(file, copy);
  EXPECT_LE(disk_bytes(copy), disk_bytes(file) + 8192);
  EXPECT_LT(disk_bytes(copy), uint64_t{4} << 20);
}

TEST(LmdbCopy, ALaterWriterCanUseTheCopy) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 200);
  fs::create_directory(dir.path() / "c");
  copy_lmdb_consistently(file, dir.path() / "c" / "data.mdb");
  {
    LmdbFixture kernel(dir.path() / "c");
    put_counter(kernel, 7);
    kernel.commit();
  }
  EXPECT_EQ(counter_of(dir.path() / "c" / "data.mdb"), "7");
}

TEST(LmdbCopy, LeavesNothingBehindWhenTheSourceIsDamaged) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 200);
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THROW(copy_lmdb_consistently(file, dir.path() / "copy.mdb"), Error);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}

class LiveCopy : public testing::TestWithParam<std::tuple<bool, useconds_t>> {};

TEST_P(LiveCopy, IsOneTransaction) {
  const auto [write_map, pause_us] = GetParam();
  const ScratchDir dir;
  const LiveWriter writer(dir.path() / "k", {.write_map = write_map}, pause_us);
  const fs::path file = dir.path() / "k" / "data.mdb";
  ASSERT_TRUE(lmdb_in_use(file));
  for (int i = 0; i < 8; ++i) {
    const fs::path copy = dir.path() / ("copy" + std::to_string(i));
    const LmdbCopy made = copy_lmdb_consistently(file, copy);
    EXPECT_TRUE(made.live);
    EXPECT_TRUE(pause_us < 50'000 || !made.used_reader_slot);
    EXPECT_NE(counter_of(copy), "");
  }
}

// From a writer that never rests to one with a block time.
INSTANTIATE_TEST_SUITE_P(Writers, LiveCopy,
                         testing::Combine(testing::Bool(), testing::Values(0, 3000, 100'000)));

TEST(LmdbCopy, OfAWriterFasterThanTheCopyUsesAReaderSlot) {
  for (const bool write_map : {false, true}) {
    const ScratchDir dir;
    const LiveWriter writer(dir.path() / "k", {.write_map = write_map}, 0, 2);
    bool slot = false;
    for (int i = 0; i < 20 && !slot; ++i) {
      const fs::path copy = dir.path() / ("copy" + std::to_string(i));
      const LmdbCopy made = copy_lmdb_consistently(dir.path() / "k" / "data.mdb", copy);
      slot = made.used_reader_slot;
      EXPECT_NE(made.txnid, 0U);
      EXPECT_NE(counter_of(copy, 2), "");
    }
    if (!slot) GTEST_SKIP() << "skipped: on this machine the copies were always fast enough";
  }
}

// Its lock file was removed under it, or it never had one (MDB_NOLOCK).
TEST(LmdbCopy, OfAWriterWithoutALockFileMakesNone) {
  const ScratchDir dir;
  const LiveWriter writer(dir.path() / "k", {}, 0, 2);
  const fs::path lock = dir.path() / "k" / "lock.mdb";
  fs::remove(lock);
  bool too_fast = false;
  for (int i = 0; i < 20 && !too_fast; ++i) {
    try {
      copy_lmdb_consistently(dir.path() / "k" / "data.mdb",
                             dir.path() / ("copy" + std::to_string(i)));
    } catch (const Error& error) {
      too_fast = true;
      EXPECT_THAT(error.what(), testing::HasSubstr("lock.mdb is not there; stop that process"));
    }
    ASSERT_FALSE(fs::exists(lock));
  }
  if (!too_fast) GTEST_SKIP() << "skipped: on this machine the copies were always fast enough";
}

TEST(LmdbCopy, OpeningALiveDatabaseReadsACopyAndSaysSo) {
  const ScratchDir dir;
  const LiveWriter writer(dir.path() / "k", {.write_map = true}, 20'000);
  const auto recording = open_kerneldb_lmdb(dir.path() / "k" / "data.mdb", "data.mdb");
  ASSERT_EQ(recording->info().notes.size(), 1U);
  EXPECT_NE(recording->info().notes[0].find("in use by another process"), std::string::npos);
  ::usleep(100'000);
  EXPECT_TRUE(recording->verify({}).damage.empty());
}

TEST(LmdbCopy, ADeadWritersLockFileDoesNotCount) {
  const ScratchDir dir;
  { const LiveWriter writer(dir.path() / "k", {}, 1000); }  // killed
  ASSERT_TRUE(fs::exists(dir.path() / "k" / "lock.mdb"));
  EXPECT_FALSE(lmdb_in_use(dir.path() / "k" / "data.mdb"));
}

// The rule that copying without a lock rests on (lmdb_copy.cc): transaction N can be read while
// N+1 is committed and N+2 is being written.
TEST(LmdbCopy, PagesOfATransactionOutliveTheNextOneAndAHalf) {
  const ScratchDir dir;
  for (int round = 0; round < 6; ++round) {
    const fs::path place = dir.path() / std::to_string(round);
    LmdbFixture kernel(place, {.map_bytes = size_t{8} << 20, .write_map = true});
    int counter = 1;
    for (; counter <= 3 + round; ++counter) {
      put_counter(kernel, counter);
      kernel.commit();
    }
    const std::string metas = read_bytes(kernel.file()).substr(0, 8192);
    put_counter(kernel, counter);
    kernel.commit();
    put_counter(kernel, counter + 1);  // dirty in the map, not committed
    std::string bytes = read_bytes(kernel.file());
    bytes.replace(0, metas.size(), metas);
    const fs::path old = dir.path() / "old.mdb";
    write_bytes(old, bytes);
    EXPECT_EQ(counter_of(old), std::to_string(counter - 1));
  }
}

TEST(LmdbEnv, NoticesAWriterThatAppearsWhileItReads) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 200);
  const auto recording = open_kerneldb_lmdb(file, "data.mdb");
  const auto stream = recording->steps("v1", {0, 200});
  Step step;
  ASSERT_TRUE(stream->next(step));
  // A writer that holds no lock, as over a network file system.
  LmdbFixture kernel(dir.path() / "k");
  kernel.put("crankNumber", "99");
  kernel.commit();
  try {
    (void)stream->next(step);
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(std::string(error.what()).find("recrank snapshot"), std::string::npos);
  }
}

}  // namespace lmdb_copy_test
}  // namespace recrank
