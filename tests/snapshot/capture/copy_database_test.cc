#include "snapshot/capture/copy_database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/kerneldb/kerneldb_lmdb.h"
#include "tests/support/snapshot/archive_fixture.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"

namespace recrank {
namespace copy_database_test {

using namespace agoric;

namespace fs = std::filesystem;

ErrorCode code_of(const fs::path& source, const fs::path& destination) {
  try {
    copy_database(source, destination);
  } catch (const Error& error) {
    return error.code();
  }
  throw std::logic_error("no error");
}

TEST(CopyDatabase, FindsAndCopiesTheKernelOfANode) {
  const ScratchDir dir;
  const fs::path home = dir.path() / "home";
  const fs::path file = write_kernel_2021(home / "data/state", 50);
  const auto before = evidence_state(home);
  const DatabaseCopy copy = copy_database(home, dir.path() / "copy.mdb");
  EXPECT_EQ(copy.kind, "kerneldb-lmdb");
  EXPECT_EQ(copy.source, file);
  EXPECT_EQ(copy.bytes, fs::file_size(dir.path() / "copy.mdb"));
  EXPECT_FALSE(copy.live);
  EXPECT_EQ(evidence_state(home), before);
  EXPECT_TRUE(open_kerneldb_lmdb(dir.path() / "copy.mdb", "c")->verify({}).damage.empty());
}

TEST(CopyDatabase, IsReadByNobodyWhoMayNotReadTheSource) {
  const ScratchDir dir;
  fs::permissions(dir.path(), fs::perms{0755});
  const fs::path file = write_kernel_2021(dir.path() / "home");
  const mode_t before = ::umask(022);
  const auto mode_of_copy = [&](unsigned source, const char* name) {
    fs::permissions(file, static_cast<fs::perms>(source));
    copy_database(file, dir.path() / name);
    return fs::status(dir.path() / name).permissions();
  };
  fs::permissions(file.parent_path(), fs::perms{0755});
  EXPECT_EQ(mode_of_copy(0644, "a"), fs::perms{0644});
  EXPECT_EQ(mode_of_copy(0640, "b"), fs::perms{0600});
  EXPECT_EQ(mode_of_copy(0600, "c"), fs::perms{0600});
  fs::permissions(file.parent_path(), fs::perms{0700});
  EXPECT_EQ(mode_of_copy(0644, "d"), fs::perms{0600});
  ::umask(before);
}

TEST(CopyDatabase, NeverOverwrites) {
  const ScratchDir dir;
  const fs::path file = write_kernel_2021(dir.path() / "k");
  EXPECT_EQ(code_of(file, file), ErrorCode::kUsage);
  fs::create_symlink(dir.path() / "nowhere", dir.path() / "link");
  EXPECT_EQ(code_of(file, dir.path() / "link"), ErrorCode::kUsage);
}

TEST(CopyDatabase, RefusesWhatIsNoDatabase) {
  const ScratchDir dir;
  const fs::path copy = dir.path() / "copy";
  write_bytes(dir.path() / "x", "hello");
  EXPECT_EQ(code_of(dir.path() / "x", copy), ErrorCode::kInvalidData);
  write_bytes(dir.path() / "y", R"({"time":1,"type":"import-kernel-start"})"
                                "\n");
  EXPECT_EQ(code_of(dir.path() / "y", copy), ErrorCode::kUsage);
  write_compressed(dir.path() / "z.gz", "gzip", "hello");
  EXPECT_EQ(code_of(dir.path() / "z.gz", copy), ErrorCode::kUsage);
  EXPECT_EQ(code_of(dir.path() / "missing", copy), ErrorCode::kIo);
  EXPECT_FALSE(fs::exists(copy));
}

}  // namespace copy_database_test
}  // namespace recrank
