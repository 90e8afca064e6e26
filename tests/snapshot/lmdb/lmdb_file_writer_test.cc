#include "snapshot/lmdb/lmdb_file_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <lmdb.h>

#include <map>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "snapshot/lmdb/lmdb_check.h"
#include "snapshot/lmdb/lmdb_env.h"

namespace recrank {
namespace lmdb_file_writer_test {

class LmdbFile : public testing::Test {
 protected:
  std::filesystem::path write(const std::map<std::string, std::string>& records) {
    const auto file = scratch_.path() / "out.mdb";
    std::filesystem::remove(file);
    const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    LmdbFileWriter out(fd.get(), "out.mdb", "mark");
    // Not in key order.
    for (auto it = records.rbegin(); it != records.rend(); ++it) out.put(it->first, it->second);
    const uint64_t size = out.finish();
    EXPECT_EQ(size, std::filesystem::file_size(file));
    return file;
  }

  static std::map<std::string, std::string> read(const std::filesystem::path& file) {
    const LmdbEnv env(file, "out.mdb");  // check_lmdb() has passed it
    const MDB_dbi dbi = env.open_main_dbi();
    const LmdbTxn txn(env);
    std::map<std::string, std::string> records;
    LmdbCursor cursor(txn, dbi);
    while (const auto record = cursor.next()) records.emplace(record->first, record->second);
    EXPECT_EQ(records.size(), txn.entries(dbi));
    for (const auto& [key, value] : records) EXPECT_EQ(txn.find(dbi, key), value);
    return records;
  }

  ScratchDir scratch_;
};

TEST_F(LmdbFile, IsReadByLiblmdbWhateverTheSizes) {
  std::map<std::string, std::string> records;
  for (const size_t size :
       {0U, 1U, 2U, 1518U, 1519U, 1520U, 2037U, 2038U, 4079U, 4080U, 4081U, 8176U, 1'000'000U}) {
    records["key" + std::to_string(size)] = std::string(size, static_cast<char>('a' + size % 26));
  }
  records[std::string(511, 'k')] = "longest key";
  EXPECT_EQ(read(write(records)), records);
}

TEST_F(LmdbFile, GrowsATreeOfAnyDepth) {
  for (const size_t count : {0U, 1U, 2U, 7U, 8U, 50U, 51U, 60U, 1000U, 20'000U}) {
    std::map<std::string, std::string> records;
    for (size_t i = 0; i < count; ++i) {
      // Long keys: few fit into a branch page, and it comes to its edges.
      const std::string number = std::to_string(i * 7919 % 100'003);
      records[std::string(i % 3 == 0 ? 480 : 60, 'p') + number] = std::string(i % 200, 'v');
    }
    EXPECT_EQ(read(write(records)), records) << count;
  }
}

TEST_F(LmdbFile, CanBeWrittenOnByLiblmdb) {
  std::map<std::string, std::string> records;
  for (int i = 0; i < 3000; ++i)
    records["k" + std::to_string(i)] = std::string(static_cast<size_t>(i), 'x');
  const auto file = write(records);
  MDB_env* env = nullptr;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_mapsize(env, 64 << 20), 0);
  ASSERT_EQ(mdb_env_open(env, file.c_str(), MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600), 0);
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_dbi_open(txn, nullptr, 0, &dbi), 0);
  for (int i = 0; i < 3000; i += 2) {
    const std::string key = "k" + std::to_string(i);
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    ASSERT_EQ(mdb_del(txn, dbi, &k, nullptr), 0) << key;
    records.erase(key);
  }
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
  EXPECT_EQ(read(file), records);
}

TEST_F(LmdbFile, FindsTheRecordAtOrBeforeAKey) {
  const auto file = write({{"b", "1"}, {"d", "2"}});
  const LmdbEnv env(file, "out.mdb");
  const MDB_dbi dbi = env.open_main_dbi();
  const LmdbTxn txn(env);
  const auto at = [&](std::string_view key) {
    const auto record = LmdbCursor(txn, dbi).seek_at_or_before(key);
    return record ? std::string(record->first) : "none";
  };
  EXPECT_EQ(at("a"), "none");
  EXPECT_EQ(at("b"), "b");
  EXPECT_EQ(at("c"), "b");
  EXPECT_EQ(at("d"), "d");
  EXPECT_EQ(at("e"), "d");
}

}  // namespace lmdb_file_writer_test
}  // namespace recrank
