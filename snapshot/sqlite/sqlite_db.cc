#include "snapshot/sqlite/sqlite_db.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "snapshot/sqlite/sqlite_evidence_vfs.h"

namespace recrank {
namespace {

// A live writer holds its exclusive lock for one commit; more than this is a hang.
constexpr int kBusyTimeoutMs = 10'000;

ErrorCode code_of(int result) {
  switch (result & 0xFF) {  // the primary result code
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:  // no such table or column: the file is not what it claims to be
      return ErrorCode::kInvalidData;
    default: return ErrorCode::kIo;
  }
}

int open_flags(SqliteAccess access) {
  switch (access) {
    case SqliteAccess::kEvidence: return SQLITE_OPEN_READONLY;
    case SqliteAccess::kLive: return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    case SqliteAccess::kScratch: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return SQLITE_OPEN_READONLY;
}

// Of a live database SQLite would note in the -shm how far it reads, and the -shm is evidence too.
// Without that it reads under a mark that is there already (sqlite.org/uri.html, "readonly_shm").
std::string name_to_open(const std::filesystem::path& path, SqliteAccess access) {
  if (access != SqliteAccess::kLive) return path.string();
  std::string uri = "file:";
  for (const char byte : path.string()) {
    if (byte == '%') uri += "%25";
    else if (byte == '?') uri += "%3f";
    else if (byte == '#') uri += "%23";
    else uri += byte;
  }
  return uri + "?readonly_shm=1";
}

// A hostile file may hold views, triggers and functions of its own; none of them may run.
void distrust(sqlite3* db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  // Closing must neither merge the write-ahead log into the database nor remove it.
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace

void throw_sqlite(int result, const char* function, std::string_view shown_name, sqlite3* db) {
  std::string what = std::string(shown_name) + ": " + function + ": ";
  what += printable(db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(result), 300);
  // The message of a failed read is "disk I/O error" for all its causes; the name tells more.
  const int extended = db != nullptr ? sqlite3_extended_errcode(db) : result;
  what += " (SQLite code " + std::to_string(extended) + ")";
  throw Error(code_of(result), what);
}

SqliteDb::SqliteDb(const std::filesystem::path& path, std::string shown_name, SqliteAccess access)
    : shown_name_(std::move(shown_name)) {
  if (access != SqliteAccess::kEvidence) {
    vfs_ = std::make_unique<ConfinedVfs>(access == SqliteAccess::kLive ? Confinement::kReading
                                                                       : Confinement::kCompanions);
  }
  const char* vfs = vfs_ ? vfs_->name() : evidence_vfs_name();
  const int flags =
      open_flags(access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  try {
    const int result = sqlite3_open_v2(name_to_open(path, access).c_str(), &db_, flags, vfs);
    if (result != SQLITE_OK) throw_sqlite(result, "sqlite3_open_v2", shown_name_, db_);
    distrust(db_);
    if (access != SqliteAccess::kScratch) {
      sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    }
    sqlite3_busy_timeout(db_, access == SqliteAccess::kEvidence ? 0 : kBusyTimeoutMs);
    execute(
        "PRAGMA mmap_size=0; PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY;"
        "PRAGMA cell_size_check=ON;");
    if (access == SqliteAccess::kScratch) execute("PRAGMA synchronous=OFF;");
  } catch (...) {
    sqlite3_close_v2(std::exchange(db_, nullptr));  // a failed open leaves a handle as well
    throw;
  }
}

SqliteDb::SqliteDb(SqliteDb&& other) noexcept
    : vfs_(std::move(other.vfs_)),
      db_(std::exchange(other.db_, nullptr)),
      shown_name_(other.shown_name_) {}

SqliteDb::~SqliteDb() { sqlite3_close_v2(db_); }

void SqliteDb::execute(const char* sql) const {
  const int result = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) throw_sqlite(result, "sqlite3_exec", shown_name_, db_);
}

Statement::Statement(const SqliteDb& db, std::string_view sql) : db_(&db) {
  const int result =
      sqlite3_prepare_v2(db.get(), sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
  if (result != SQLITE_OK) throw_sqlite(result, "sqlite3_prepare_v2", db.shown_name(), db.get());
  RECRANK_CHECK(statement_ != nullptr);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, std::string_view text) {
  const int result =
      sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (result != SQLITE_OK) {
    throw_sqlite(result, "sqlite3_bind_text64", db_->shown_name(), db_->get());
  }
}

void Statement::bind(int index, int64_t value) {
  const int result = sqlite3_bind_int64(statement_, index, value);
  if (result != SQLITE_OK) {
    throw_sqlite(result, "sqlite3_bind_int64", db_->shown_name(), db_->get());
  }
}

bool Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) throw_sqlite(result, "sqlite3_step", db_->shown_name(), db_->get());
  sqlite3_reset(statement_);
  return false;
}

void Statement::reset() { sqlite3_reset(statement_); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

bool Statement::is_integer(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<uint64_t> Statement::count(int column) const {
  if (!is_integer(column) || integer(column) < 0) return std::nullopt;
  return static_cast<uint64_t>(integer(column));
}

std::string_view Statement::text(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) return {};
  // For TEXT the call also turns UTF-16 databases into UTF-8; a BLOB is left alone.
  const void* bytes = type == SQLITE_TEXT
                          ? static_cast<const void*>(sqlite3_column_text(statement_, column))
                          : sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (bytes == nullptr) {
    // Empty, or the value could not be read: damage in an overflow page, or no memory.
    const int result = sqlite3_errcode(db_->get());
    if (size != 0 || (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE)) {
      throw_sqlite(result, "sqlite3_column_blob", db_->shown_name(), db_->get());
    }
    return {};
  }
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

SqliteBlob::SqliteBlob(const SqliteDb& db, const char* table, const char* column, int64_t rowid)
    : db_(&db) {
  const int result = sqlite3_blob_open(db.get(), "main", table, column, rowid, 0, &blob_);
  if (result != SQLITE_OK) throw_sqlite(result, "sqlite3_blob_open", db.shown_name(), db.get());
  size_bytes_ = static_cast<uint64_t>(sqlite3_blob_bytes(blob_));
}

SqliteBlob::~SqliteBlob() { sqlite3_blob_close(blob_); }

size_t SqliteBlob::read_some(char* data, size_t size) {
  const uint64_t left = size_bytes_ - offset_;
  const auto piece = static_cast<int>(
      std::min<uint64_t>({left, size, static_cast<uint64_t>(std::numeric_limits<int>::max())}));
  if (piece == 0) return 0;
  const int result = sqlite3_blob_read(blob_, data, piece, static_cast<int>(offset_));
  if (result != SQLITE_OK) {
    throw_sqlite(result, "sqlite3_blob_read", db_->shown_name(), db_->get());
  }
  offset_ += static_cast<uint64_t>(piece);
  return static_cast<size_t>(piece);
}

}  // namespace recrank
