// Small self-consistent swing-stores, told in a few words:
//
//   SwingstoreFixture store;
//   store.vat("v6", "ledger").deliver(3).snapshot().deliver(2);
//   store.write_sqlite(dir / "swingstore.sqlite");
//
// gives v6 the items initialize-worker, startVat, 3 messages, save-snapshot | load-snapshot,
// 2 messages, with right hashes, bundles and heap; spans 0..6 and 6..9.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recrank {

class SqliteDb;

enum class FixtureSchema {
  kCurrent,        // swing-store 0.10
  k1A,             // snapshots with the CHECK of the first version
  kNoIncarnation,  // before upgrades were told apart
};

struct FixtureVatOptions {
  bool is_static = false;
  bool metered = false;
  bool local = false;
};

class SwingstoreFixture {
 public:
  // A kernel with the two worker bundles and no vat.
  SwingstoreFixture();

  // Begins a vat; all that follows concerns the vat named last.
  SwingstoreFixture& vat(const std::string& id, const std::string& name,
                         FixtureVatOptions options = {});
  SwingstoreFixture& deliver(int count, int calls_each = 1);
  SwingstoreFixture& item(const std::string& json);  // any text as the next item
  SwingstoreFixture& snapshot(size_t heap_bytes = 5000);
  SwingstoreFixture& snapshot_loaded_as(const std::string& hash);  // the load names another heap
  SwingstoreFixture& upgrade();
  SwingstoreFixture& terminate();
  SwingstoreFixture& prune_items(uint64_t span_start);
  SwingstoreFixture& prune_heap(uint64_t position);
  SwingstoreFixture& prune_bundle(const std::string& bundle_id);
  SwingstoreFixture& kv(const std::string& key, const std::string& value);
  SwingstoreFixture& drop_kv(const std::string& key);

  void write_sqlite(const std::filesystem::path& path,
                    FixtureSchema schema = FixtureSchema::kCurrent) const;
  void write_export(const std::filesystem::path& directory) const;

  // The text of item `position` of the vat.
  [[nodiscard]] const std::string& text(const std::string& vat_id, uint64_t position) const;
  [[nodiscard]] const std::string& heap(const std::string& vat_id, uint64_t position) const;
  // "b1-…" of the code of the vat's n-th incarnation.
  [[nodiscard]] static std::string bundle_id(const std::string& vat_id, uint64_t incarnation);
  [[nodiscard]] static std::string lockdown_id();
  [[nodiscard]] static std::string lockdown_text();

 private:
  struct Span {
    uint64_t begin = 0;
    uint64_t end = 0;
    std::string hash{};
    bool current = true;
    uint64_t incarnation = 0;
    bool pruned = false;
  };
  struct Heap {
    uint64_t position = 0;
    std::string bytes{};
    std::string hash{};
    bool in_use = true;
    bool pruned = false;
  };
  struct Vat {
    std::string id{};
    std::string name{};
    FixtureVatOptions options{};
    std::vector<std::string> items{};
    std::vector<Span> spans{};
    std::vector<Heap> heaps{};
    uint64_t incarnation = 0;
  };

  Vat& last() { return vats_.back(); }
  [[nodiscard]] const Vat& find(const std::string& vat_id) const;
  void append(const std::string& json);
  void close_span(uint64_t next_incarnation);
  void save_and_load(size_t heap_bytes, const std::string& loaded);
  void begin_incarnation();
  void write_options();
  void insert_vat(const SqliteDb& db, const Vat& vat, bool incarnations) const;
  void write_lists();

  std::map<std::string, std::string> kv_;
  std::map<std::string, std::string> bundles_;  // bytes as stored; empty: pruned
  std::vector<Vat> vats_;
  std::vector<std::string> terminated_;
};

// Damage with a known place.
void flip_byte(const std::filesystem::path& path, uint64_t offset, unsigned char mask = 0x01);
// Where `text` stands in the file; fails the test when it stands there not exactly once.
[[nodiscard]] uint64_t find_once(const std::filesystem::path& path, std::string_view text);
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

// gzip as the kernel's node makes it.
[[nodiscard]] std::string gzip(std::string_view bytes);
// A zip as Endo's writer makes it: of a vat's code, the map and then its modules.
[[nodiscard]] std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members);

}  // namespace recrank
