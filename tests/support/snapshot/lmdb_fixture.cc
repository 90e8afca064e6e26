#include "tests/support/snapshot/lmdb_fixture.h"

#include <stdexcept>

#include "base/json_cursor.h"
#include "snapshot/io/utf16.h"

namespace recrank {
namespace {

void must(int code, const char* function) {
  if (code != 0) throw std::runtime_error(std::string(function) + ": " + mdb_strerror(code));
}

MDB_val to_val(std::string_view bytes) {
  return MDB_val{bytes.size(), const_cast<char*>(bytes.data())};
}

std::string json_list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? "," : "") + json_quote(item);
  return text + "]";
}

}  // namespace

LmdbFixture::LmdbFixture(const std::filesystem::path& directory, const Options& options)
    : file_(directory / "data.mdb"), name_(options.name) {
  std::filesystem::create_directories(directory);
  must(mdb_env_create(&env_), "mdb_env_create");
  must(mdb_env_set_maxdbs(env_, 4), "mdb_env_set_maxdbs");
  must(mdb_env_set_mapsize(env_, options.map_bytes), "mdb_env_set_mapsize");
  // NOSYNC: a test does not wait for the disk.
  const unsigned flags = MDB_NOSYNC | (options.write_map ? unsigned{MDB_WRITEMAP} : 0U);
  must(mdb_env_open(env_, directory.c_str(), flags, 0644), "mdb_env_open");
  begin();
  must(mdb_dbi_open(txn_, name_.c_str(), MDB_CREATE, &dbi_), "mdb_dbi_open");
}

LmdbFixture::~LmdbFixture() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
  mdb_env_close(env_);
}

void LmdbFixture::begin() {
  if (txn_ == nullptr) must(mdb_txn_begin(env_, nullptr, 0, &txn_), "mdb_txn_begin");
}

void LmdbFixture::put_raw(std::string_view key, std::string_view value) {
  begin();
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  must(mdb_put(txn_, dbi_, &k, &v, 0), "mdb_put");
}

void LmdbFixture::put(std::string_view key, std::string_view value) {
  put_raw(encode_utf16z(key).value(), encode_utf16z(value).value());
}

void LmdbFixture::erase(std::string_view key) {
  begin();
  const std::string stored = encode_utf16z(key).value();
  MDB_val k = to_val(stored);
  must(mdb_del(txn_, dbi_, &k, nullptr), "mdb_del");
}

void LmdbFixture::put_genesis() {
  put("initialized", "true");
  put("kernel.defaultManagerType", "xs-worker");
  put("crankNumber", "17");
  put("lockdownBundle", R"({"source":"lockdown","sourceMap":"","moduleFormat":"getExport"})");
  put("supervisorBundle", R"({"source":"supervisor","sourceMap":"","moduleFormat":"getExport"})");
  put("vat.names", "[]");
  put("vat.dynamicIDs", "[]");
}

void LmdbFixture::put_vat(const Vat& vat) {
  if (vat.name.empty()) {
    dynamic_ids_.push_back(vat.id);
    put("vat.dynamicIDs", json_list(dynamic_ids_));
  } else {
    names_.push_back(vat.name);
    put("vat.names", json_list(names_));
    put("vat.name." + vat.name, vat.id);
  }
  put(vat.id + ".options", vat.options);
  put(vat.id + ".source", vat.source);
  put(vat.id + ".t.nextID", std::to_string(vat.entries.size()));
  for (size_t k = 0; k < vat.entries.size(); ++k) {
    put(vat.id + ".t." + std::to_string(k), vat.entries[k]);
  }
}

void LmdbFixture::commit() {
  begin();
  must(mdb_txn_commit(txn_), "mdb_txn_commit");
  txn_ = nullptr;
}

std::string make_entry_2021(uint64_t seed, size_t calls) {
  const std::string id = std::to_string(seed);
  std::string text = R"({"d":["message","o+0",{"method":"m)" + id +
                     R"(","args":{"body":"[]","slots":[]},"result":"p-)" + id +
                     R"("}],"syscalls":[)";
  for (size_t i = 0; i < calls; ++i) {
    text += i == 0 ? "" : ",";
    switch (i % 3) {
      case 0: text += R"({"d":["vatstoreGet","k)" + id + R"("]})"; break;
      case 1: text += R"({"d":["vatstoreGet","k"],"response":"v)" + id + R"("})"; break;
      default:
        text += R"({"d":["send","o-50",{"method":"f)" + id + R"("}],"response":null})";
        break;
    }
  }
  return text + "]}";
}

std::filesystem::path write_kernel_2021(const std::filesystem::path& directory, size_t deliveries,
                                        const LmdbFixture::Options& options) {
  LmdbFixture kernel(directory, options);
  kernel.put_genesis();
  LmdbFixture::Vat alice{.id = "v1", .name = "alice"};
  alice.options = R"({"vatParameters":{"name":"Alice"},"virtualObjectCacheSize":2,)"
                  R"("enableDisavow":true,"managerType":"xs-worker"})";
  // Entries of 0 to 60 system calls: short ones share a leaf, long ones have overflow pages.
  for (size_t k = 0; k < deliveries; ++k) {
    alice.entries.push_back(make_entry_2021(k, k * 7 % 61));
  }
  kernel.put_vat(alice);
  kernel.put_vat({.id = "v2",
                  .name = "comms",
                  .options = R"({"managerType":"local"})",
                  .entries = {make_entry_2021(0, 1)}});
  kernel.put_vat({.id = "v4",
                  .name = "",
                  .options = R"({"vatParameters":{"uni":"Façade 𝄞"}})",
                  .source = R"({"bundleName":"dude"})",
                  .entries = {make_entry_2021(1, 4), make_entry_2021(2, 0)}});
  kernel.put("bundle.dude", R"({"moduleFormat":"nestedEvaluate","source":"dude"})");
  kernel.put_next_vat_id(5);
  kernel.commit();
  return kernel.file();
}

std::filesystem::path write_kernel_2021(const std::filesystem::path& directory, size_t deliveries) {
  return write_kernel_2021(directory, deliveries, LmdbFixture::Options{});
}

}  // namespace recrank
