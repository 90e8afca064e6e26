// Keys and values of an LMDB kernel database of 2021, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/lmdb/lmdb_env.h"

namespace recrank::agoric {

inline constexpr const char* kKernelDbiName = "swingset-kernel-state";

// One reader's view: its own transaction. Belongs to one thread. Every error names the file and the
// key: "data.mdb: key v1.t.3: …".
class KerneldbStore {
 public:
  KerneldbStore(const LmdbEnv& env, MDB_dbi dbi) : txn_(env), dbi_(dbi) {}

  // The value as UTF-8 (WTF-8); nullopt when there is no such key. Stored text that is not UTF-16
  // with a terminator is kInvalidData.
  [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
  // The same into a buffer that is used again; false when there is no such key.
  [[nodiscard]] bool find_into(std::string_view key, std::string& text) const;
  [[nodiscard]] std::string get(std::string_view key) const;
  // A decimal number; nullopt when there is no such key.
  [[nodiscard]] std::optional<uint64_t> find_number(std::string_view key) const;
  // A JSON array of strings; empty when there is no such key.
  [[nodiscard]] std::vector<std::string> strings(std::string_view key) const;

  [[nodiscard]] uint64_t entries() const { return txn_.entries(dbi_); }
  [[nodiscard]] LmdbCursor cursor() const { return {txn_, dbi_}; }
  [[nodiscard]] const std::string& shown() const { return txn_.env().shown(); }
  // "data.mdb: key v1.t.3"
  [[nodiscard]] std::string place(std::string_view key) const;

 private:
  LmdbTxn txn_;
  MDB_dbi dbi_;
};

// vN.options, as far as a worker needs them.
struct VatOptions2021 {
  std::string manager;              // empty: the kernel's default
  std::string parameters = "{}";    // JSON
  std::string cache_size = "null";  // JSON
  bool enable_disavow = false;
};
// Throws kInvalidData "JSON: …".
[[nodiscard]] VatOptions2021 parse_vat_options_2021(std::string_view json);

}  // namespace recrank::agoric
