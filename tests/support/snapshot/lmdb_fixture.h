// Writes small kernel databases of 2021 as the kernel did: swing-store-lmdb through node-lmdb.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// An open, writable database. Keys and values are text; they are stored as UTF-16LE with their
// terminator. Nothing is in the file before commit().
//
//   LmdbFixture kernel(dir);             // dir/data.mdb, dir/lock.mdb
//   kernel.put_genesis();
//   kernel.put_vat({.id = "v1", .name = "alice", .entries = {entry}});
//   kernel.commit();
class LmdbFixture {
 public:
  struct Options {
    size_t map_bytes = size_t{64} << 20;
    bool write_map = false;  // as on Linux: the file is sparse and as long as the map
    std::string name = "swingset-kernel-state";
  };
  struct Vat {
    std::string id;
    std::string name;  // empty: a dynamic vat
    std::string options = R"({"managerType":"xs-worker"})";
    std::string source = R"({"bundle":{"moduleFormat":"nestedEvaluate","source":"x"}})";
    std::vector<std::string> entries = {};
  };

  explicit LmdbFixture(const std::filesystem::path& directory)
      : LmdbFixture(directory, Options{}) {}
  LmdbFixture(const std::filesystem::path& directory, const Options& options);
  ~LmdbFixture();
  LmdbFixture(const LmdbFixture&) = delete;
  LmdbFixture& operator=(const LmdbFixture&) = delete;

  void put(std::string_view key, std::string_view value);
  // Bytes as they are to stand in the file.
  void put_raw(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  // What every kernel has, with the bundles of its workers.
  void put_genesis();
  void put_vat(const Vat& vat);
  void put_next_vat_id(uint64_t number) { put("vat.nextID", std::to_string(number)); }
  void commit();

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  void begin();

  std::filesystem::path file_;
  MDB_env* env_ = nullptr;
  MDB_txn* txn_ = nullptr;
  MDB_dbi dbi_ = 0;
  std::string name_;
  std::vector<std::string> names_;
  std::vector<std::string> dynamic_ids_;
};

// {"d":["message",…],"syscalls":[…]} with `calls` system calls; different for each `seed`.
[[nodiscard]] std::string make_entry_2021(uint64_t seed, size_t calls);

// A closed kernel in `directory`: v1 alice (`deliveries` entries of growing size), v2 comms
// (local), v3 gone, v4 dynamic, from a named bundle. Gives the path of data.mdb.
std::filesystem::path write_kernel_2021(const std::filesystem::path& directory, size_t deliveries,
                                        const LmdbFixture::Options& options);
std::filesystem::path write_kernel_2021(const std::filesystem::path& directory,
                                        size_t deliveries = 20);

}  // namespace recrank
