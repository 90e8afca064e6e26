// SQLite connections and statements with one owner each; every failure is an Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "snapshot/sqlite/sqlite_confined_vfs.h"

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_blob;

namespace recrank {

enum class SqliteAccess {
  kEvidence,  // in place, nothing beside it is made or changed (sqlite_evidence_vfs.h)
  kLive,      // a database that another process has open: ordinary locks, never a checkpoint, not
              // a byte written to its -shm, and no -wal made where there is none
  kScratch,   // our own file: created when absent, not synced
};

// What went wrong, in the words of the caller: damage is kInvalidData, the machine's trouble kIo.
// `result` is a SQLite result code, `function` the C function that gave it.
[[noreturn]] void throw_sqlite(int result, const char* function, std::string_view shown_name,
                               sqlite3* db);

// One connection. It touches no file but the one that it is given and what SQLite keeps beside it
// under that name, whatever stands inside. Move-only; belongs to one thread at a time (opened
// without SQLite's own mutex). Its page cache is small and private, and nothing is mapped into
// memory, so that a file that shrinks under us is an Error and not a SIGBUS.
class SqliteDb {
 public:
  // `shown_name` stands for the file in all error texts.
  SqliteDb(const std::filesystem::path& path, std::string shown_name, SqliteAccess access);
  SqliteDb(SqliteDb&& other) noexcept;
  SqliteDb& operator=(SqliteDb&&) = delete;
  ~SqliteDb();

  [[nodiscard]] sqlite3* get() const { return db_; }
  [[nodiscard]] const std::string& shown_name() const { return shown_name_; }
  void execute(const char* sql) const;

 private:
  std::unique_ptr<ConfinedVfs> vfs_;  // outlives the connection; null: evidence has its own
  sqlite3* db_ = nullptr;
  std::string shown_name_;
};

// One prepared statement; must not outlive its connection, which must not move meanwhile.
//
//   Statement get(db, "SELECT value FROM kvStore WHERE key = ?1");
//   get.bind(1, "crankNumber");
//   if (get.step()) use(get.text(0));
class Statement {
 public:
  Statement(const SqliteDb& db, std::string_view sql);
  Statement(Statement&& other) noexcept
      : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // The bound text must outlive the steps that follow.
  void bind(int index, std::string_view text);
  void bind(int index, int64_t value);
  // True when a row is there. False at the end, after which the statement begins anew.
  [[nodiscard]] bool step();
  void reset();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_integer(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  // A whole number that is not negative; nullopt for anything else, NULL included.
  [[nodiscard]] std::optional<uint64_t> count(int column) const;
  // The bytes of a TEXT or BLOB value, empty for NULL. They die with the next step().
  [[nodiscard]] std::string_view text(int column) const;

 private:
  const SqliteDb* db_;
  sqlite3_stmt* statement_ = nullptr;
};

// One BLOB read in pieces, without ever holding all of it. Must not outlive its connection.
class SqliteBlob {
 public:
  SqliteBlob(const SqliteDb& db, const char* table, const char* column, int64_t rowid);
  SqliteBlob(const SqliteBlob&) = delete;
  SqliteBlob& operator=(const SqliteBlob&) = delete;
  ~SqliteBlob();

  [[nodiscard]] uint64_t size_bytes() const { return size_bytes_; }
  // The next piece, up to `size` bytes; 0 at the end.
  [[nodiscard]] size_t read_some(char* data, size_t size);

 private:
  const SqliteDb* db_;
  sqlite3_blob* blob_ = nullptr;
  uint64_t size_bytes_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace recrank
