#include "snapshot/lmdb/lmdb_check.h"
#include "base/little_endian.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/kerneldb/kerneldb_lmdb.h"
#include "snapshot/lmdb/lmdb_env.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"

namespace recrank {
namespace lmdb_check_test {

using namespace agoric;

namespace fs = std::filesystem;

constexpr size_t kPage = 4096;

LmdbShape check(const fs::path& file) {
  const UniqueFd fd = open_for_read(file);
  return check_lmdb(fd.get(), "data.mdb");
}

// The text of the Error that reading all of `file` ends with; empty when all of it can be read.
// Whatever the bytes are, nothing else may come out of it.
std::string read_all(const fs::path& file) {
  try {
    const auto recording = open_kerneldb_lmdb(file, "data.mdb");
    std::string first;
    for (const Subject& vat : recording->subjects()) {
      try {
        if (vat.state == SubjectState::kAlive) (void)recording->setup(vat.id, 0);
        for (const StepRange held : vat.held) {
          const auto stream = recording->steps(vat.id, held);
          Step step;
          while (stream->next(step)) {
          }
        }
      } catch (const Error& error) {
        if (first.empty()) first = error.what();
      }
    }
    (void)recording->verify({});
    return first;
  } catch (const Error& error) {
    return error.what();
  }
}

// The same sequence on every machine (splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t limit) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31)) % limit;
  }

 private:
  uint64_t state_;
};

TEST(LmdbCheck, AcceptsATreeOfSeveralLevels) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 3000);
  const LmdbShape shape = check(file);
  EXPECT_EQ(shape.names, std::vector<std::string>{"swingset-kernel-state"});
  EXPECT_EQ(shape.metas.newest.page_size, kPage);
  EXPECT_EQ(shape.metas.damaged, std::nullopt);
  EXPECT_GT(shape.pages_read, 100U);
  EXPECT_EQ(read_all(file), "");
}

TEST(LmdbCheck, ReadsASparseFileOfTwoGiBWithoutItsHoles) {
  const ScratchDir dir;
  const fs::path file =
      write_kernel_2021(dir.path() / "k", 200, {.map_bytes = size_t{2} << 30, .write_map = true});
  EXPECT_EQ(fs::file_size(file), uint64_t{2} << 30);
  EXPECT_LT(disk_bytes(file), uint64_t{4} << 20);
  EXPECT_LT(check(file).pages_read, 1000U);
  EXPECT_EQ(read_all(file), "");
}

TEST(LmdbCheck, AcceptsACompactCopy) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 300);
  fs::create_directory(dir.path() / "c");
  {
    const LmdbEnv env(file, "data.mdb");
    ASSERT_EQ(mdb_env_copy2(env.get(), (dir.path() / "c" / "data.mdb").c_str(), MDB_CP_COMPACT), 0);
  }
  EXPECT_EQ(read_all(dir.path() / "c" / "data.mdb"), "");
}

TEST(LmdbCheck, AcceptsAnEmptyDatabase) {
  const ScratchDir dir;
  LmdbFixture(dir.path() / "k").commit();
  EXPECT_EQ(check(dir.path() / "k" / "data.mdb").names.size(), 1U);
}

TEST(LmdbCheck, NamesThePageAndByteOfADamagedPage) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 100);
  std::string bytes = read_bytes(file);
  const uint64_t root = check(file).metas.newest.main.root;
  bytes[root * kPage + 10] = 0x40;  // flags
  write_bytes(file, bytes);
  const std::string text = read_all(file);
  EXPECT_EQ(text, "data.mdb: page " + std::to_string(root) + " (byte " +
                      std::to_string(root * kPage) + "): flags 64, expected a leaf page");
}

TEST(LmdbCheck, SaysWhenBothMetaPagesAreGone) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k");
  std::string bytes = read_bytes(file);
  std::fill_n(bytes.begin(), 2 * kPage, '\0');
  write_bytes(file, bytes);
  EXPECT_NE(read_all(file).find("both meta pages"), std::string::npos);
}

TEST(LmdbCheck, ReadsOnWithOneMetaPage) {
  for (const size_t page : {0U, 1U}) {
    const ScratchDir dir;
    const fs::path file = write_kernel_2021(dir.path() / "k");
    // A second transaction, so that the older meta is a good one as well.
    {
      LmdbFixture again(dir.path() / "k");
      again.put("crankNumber", "18");
      again.commit();
    }
    std::string bytes = read_bytes(file);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * kPage), kPage, '\xee');
    write_bytes(file, bytes);
    const auto before = evidence_state(dir.path());
    const auto recording = open_kerneldb_lmdb(file, "data.mdb");
    ASSERT_EQ(recording->info().notes.size(), 1U);
    EXPECT_NE(recording->info().notes[0].find("meta page " + std::to_string(page) + " is damaged"),
              std::string::npos)
        << recording->info().notes[0];
    EXPECT_EQ(recording->subjects().size(), 4U);
    EXPECT_EQ(evidence_state(dir.path()), before);
  }
}

TEST(LmdbCheck, TruncationIsAnErrorUnlessNothingInUseIsMissing) {
  const ScratchDir dir;
  const std::string bytes = read_bytes(write_kernel_2021(dir.path() / "k", 60));
  const fs::path file = dir.path() / "cut.mdb";
  size_t refused = 0;
  for (size_t size = 0; size < bytes.size(); size += 1021) {
    write_bytes(file, std::string_view(bytes).substr(0, size));
    const std::string text = read_all(file);
    if (!text.empty()) {
      ++refused;
      EXPECT_TRUE(text.starts_with("data.mdb: ")) << text;
    }
  }
  EXPECT_GT(refused, bytes.size() / 1021 * 9 / 10);
}

TEST(LmdbCheck, NoFlippedByteCrashesTheReader) {
  const ScratchDir dir;
  const std::string good = read_bytes(write_kernel_2021(dir.path() / "k", 60));
  const fs::path file = dir.path() / "flipped.mdb";
  size_t errors = 0;
  constexpr uint64_t kSeeds = 600;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::string bytes = good;
    const uint64_t flips = 1 + random.below(4);
    for (uint64_t i = 0; i < flips; ++i) {
      // Mostly heads, node lists and meta records, where a wrong byte leads farthest.
      const uint64_t page = random.below(bytes.size() / kPage);
      const uint64_t at = random.below(4) == 0 ? random.below(kPage) : random.below(160);
      bytes[page * kPage + at] = static_cast<char>(random.below(256));
    }
    write_bytes(file, bytes);
    if (!read_all(file).empty()) ++errors;
  }
  EXPECT_GT(errors, kSeeds / 5);
  EXPECT_LT(errors, kSeeds);
}

TEST(LmdbCheck, NoMovedPageCrashesTheReader) {
  const ScratchDir dir;
  const std::string good = read_bytes(write_kernel_2021(dir.path() / "k", 60));
  const fs::path file = dir.path() / "moved.mdb";
  const uint64_t pages = good.size() / kPage;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::string bytes = good;
    const uint64_t from = random.below(pages);
    const uint64_t to = random.below(pages);
    bytes.replace(to * kPage, kPage, good, from * kPage, kPage);
    // Half of them lie about their place as well.
    if (random.below(2) == 0) bytes.replace(to * kPage, 8, good, to * kPage, 8);
    write_bytes(file, bytes);
    (void)read_all(file);
  }
}

TEST(LmdbCheck, RefusesATreeThatLoops) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k", 3000);
  std::string bytes = read_bytes(file);
  size_t changed = 0;
  for (size_t page = 2; page < bytes.size() / kPage; ++page) {
    const std::string_view view = std::string_view(bytes).substr(page * kPage, kPage);
    if (read_u64(view, 0) != page || read_u16(view, 10) != 1) continue;
    const size_t node = read_u16(view, 16);
    for (size_t i = 0; i < 4; ++i) {  // the first child of every branch page is the page itself
      bytes[page * kPage + node + i] = static_cast<char>(page >> (8 * i));
    }
    ++changed;
  }
  ASSERT_GT(changed, 0U);
  write_bytes(file, bytes);
  EXPECT_NE(read_all(file).find("in use twice"), std::string::npos) << read_all(file);
}

}  // namespace lmdb_check_test
}  // namespace recrank
