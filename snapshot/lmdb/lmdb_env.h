// liblmdb's handles with one owner each, for reading only.
#pragma once

#include <lmdb.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "snapshot/lmdb/lmdb_check.h"

namespace recrank {

// An environment on one file. check_lmdb() has passed it before liblmdb sees it. Opened in place
// with MDB_RDONLY | MDB_NOLOCK: nothing is created, changed or locked, so that several environments
// may be open on one file (lmdb.h forbids that only because of the locks).
// The file must not be in use by a writer: see lmdb_copy.h. Immovable, so that transactions can
// point to it; threads may share it, each with its own transactions.
class LmdbEnv {
 public:
  // `shown` names the file in errors. Throws kInvalidData for damage, kIo for the machine.
  LmdbEnv(const std::filesystem::path& file, std::string shown);
  ~LmdbEnv();
  LmdbEnv(const LmdbEnv&) = delete;
  LmdbEnv& operator=(const LmdbEnv&) = delete;

  [[nodiscard]] MDB_env* get() const { return env_; }
  [[nodiscard]] const std::string& shown() const { return shown_; }
  [[nodiscard]] const LmdbShape& shape() const { return shape_; }
  [[nodiscard]] bool has(std::string_view name) const;
  // The handle of a named database; call before other threads read.
  [[nodiscard]] MDB_dbi open_dbi(const std::string& name) const;
  // The handle of the main tree, for files that keep their records there.
  [[nodiscard]] MDB_dbi open_main_dbi() const { return open_tree(nullptr); }
  // Throws kIo when a writer has committed since the file was opened: its pages may be recycled
  // under the readers from the second commit on.
  void check_unchanged() const;

 private:
  [[nodiscard]] MDB_dbi open_tree(const char* name) const;

  std::string shown_;
  UniqueFd fd_;
  LmdbShape shape_;
  MDB_env* env_ = nullptr;
};

// A read transaction. Belongs to one thread at a time; views that it gives die with it.
class LmdbTxn {
 public:
  explicit LmdbTxn(const LmdbEnv& env);
  LmdbTxn(LmdbTxn&& other) noexcept : env_(other.env_), txn_(std::exchange(other.txn_, nullptr)) {}
  LmdbTxn& operator=(LmdbTxn&&) = delete;
  ~LmdbTxn();

  [[nodiscard]] MDB_txn* get() const { return txn_; }
  [[nodiscard]] const LmdbEnv& env() const { return *env_; }
  [[nodiscard]] std::optional<std::string_view> find(MDB_dbi dbi, std::string_view key) const;
  [[nodiscard]] uint64_t entries(MDB_dbi dbi) const;
  // Ends the transaction but keeps handles that were opened in it.
  void commit();

 private:
  const LmdbEnv* env_;
  MDB_txn* txn_ = nullptr;
};

// Walks one database in key order. Must not outlive its transaction.
class LmdbCursor {
 public:
  LmdbCursor(const LmdbTxn& txn, MDB_dbi dbi);
  LmdbCursor(LmdbCursor&& other) noexcept
      : env_(other.env_), cursor_(std::exchange(other.cursor_, nullptr)) {}
  LmdbCursor& operator=(LmdbCursor&&) = delete;
  ~LmdbCursor();

  // The next record, the first one at first; nullopt at the end.
  [[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>> next();
  // Jumps to the record of that key, else to the last one before it; nullopt: there is none.
  [[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>> seek_at_or_before(
      std::string_view key);

 private:
  [[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>> get(
      MDB_cursor_op operation, MDB_val key);

  const LmdbEnv* env_;
  MDB_cursor* cursor_ = nullptr;
};

// Throws when `code` is not 0, naming the C function: kInvalidData for what liblmdb found wrong
// with the file, kIo for the machine.
void check_lmdb_call(int code, const char* function, std::string_view shown);

}  // namespace recrank
