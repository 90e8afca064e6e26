// Format: docs/formats/swingset-2024.md ("Tables").
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"

#include <limits>
#include <utility>

#include "base/error.h"
#include "snapshot/agoric/swingstore/swingstore_incarnations.h"
#include "snapshot/agoric/swingstore/swingstore_recording.h"
#include "snapshot/agoric/swingstore/swingstore_tables.h"
#include "snapshot/sqlite/sqlite_contents.h"
#include "snapshot/sqlite/sqlite_copy.h"
#include "snapshot/sqlite/sqlite_db.h"

namespace recrank::agoric {
namespace {

// For rows that do not say how large their heap is. XS itself cannot allocate more than 4 GiB.
constexpr uint64_t kHeapBytesMax = uint64_t{4} << 30;

constexpr uint64_t kSqliteIntegerMax = std::numeric_limits<int64_t>::max();

int64_t to_sqlite(uint64_t value) {
  return static_cast<int64_t>(value < kSqliteIntegerMax ? value : kSqliteIntegerMax);
}

class SqliteItemCursor : public ItemCursor {
 public:
  SqliteItemCursor(const SqliteDb& db, std::string vat_id, StepRange range)
      : vat_id_(std::move(vat_id)),
        query_(db,
               "SELECT position, item FROM transcriptItems "
               "WHERE vatID=?1 AND position>=?2 AND position<?3 ORDER BY position") {
    query_.bind(1, vat_id_);
    query_.bind(2, to_sqlite(range.begin));
    query_.bind(3, to_sqlite(range.end));
  }

  bool next(uint64_t& position, std::string& text) override {
    if (done_ || !query_.step()) {
      done_ = true;
      return false;
    }
    position = query_.count(0).value_or(0);
    text.assign(query_.text(1));  // keeps the capacity of the buffer
    return true;
  }

 private:
  std::string vat_id_;  // bound to the query
  Statement query_;
  bool done_ = false;
};

class SqliteSwingstoreReader : public SwingstoreReader {
 public:
  SqliteSwingstoreReader(const std::filesystem::path& path, const std::string& shown_name,
                         SwingstoreSchema schema)
      : db_(path, shown_name, SqliteAccess::kEvidence),
        schema_(schema),
        kv_(db_, "SELECT value FROM kvStore WHERE key=?1") {}

  std::optional<std::string> kv(const std::string& key) override { return look_up(kv_, key); }

  std::optional<std::string> bundle(const std::string& id) override {
    if (!schema_.has_bundles) return std::nullopt;
    Statement query(db_, "SELECT bundle FROM bundles WHERE bundleID=?1");
    return look_up(query, id);
  }

  std::unique_ptr<ItemCursor> items(const std::string& vat_id, StepRange range) override {
    return std::make_unique<SqliteItemCursor>(db_, vat_id, range);
  }

  void read_snapshot(const SnapshotRow& snapshot, const ByteSink& sink) override {
    const std::string place = db_.shown_name() + ": " + snapshot_place(snapshot);
    Statement query(db_, "SELECT rowid FROM snapshots WHERE vatID=?1 AND snapPos=?2");
    query.bind(1, snapshot.vat_id);
    query.bind(2, to_sqlite(snapshot.position));
    if (!query.step()) throw Error(ErrorCode::kInvalidData, place + ": the row is gone");
    SqliteBlob blob(db_, "snapshots", "compressedSnapshot", query.integer(0));
    inflate_gzip([&](char* data, size_t size) { return blob.read_some(data, size); }, sink,
                 snapshot.raw_bytes.value_or(kHeapBytesMax), place);
  }

 private:
  static std::optional<std::string> look_up(Statement& query, const std::string& key) {
    query.reset();
    query.bind(1, key);
    if (!query.step() || query.is_null(0)) return std::nullopt;
    std::string value(query.text(0));
    query.reset();
    return value;
  }

  SqliteDb db_;
  SwingstoreSchema schema_;
  Statement kv_;
};

class SqliteSwingstoreSource : public SwingstoreSource {
 public:
  SqliteSwingstoreSource(SqliteEvidence evidence, std::string shown_name)
      : evidence_(std::move(evidence)), shown_name_(std::move(shown_name)) {
    const SqliteDb db(evidence_.path, shown_name_, SqliteAccess::kEvidence);
    schema_ = read_swingstore_schema(db);
    index_ = read_swingstore_index(db, schema_);
    mark_incarnations(index_, *open_reader());
    if (!evidence_.note.empty()) index_.notes.insert(index_.notes.begin(), evidence_.note);
  }

  const SwingstoreIndex& index() const override { return index_; }
  const std::string& shown_name() const override { return shown_name_; }

  // A connection of its own for each: SQLite statements belong to one thread.
  std::unique_ptr<SwingstoreReader> open_reader() const override {
    return std::make_unique<SqliteSwingstoreReader>(evidence_.path, shown_name_, schema_);
  }

 private:
  SqliteEvidence evidence_;
  std::string shown_name_;
  SwingstoreSchema schema_;
  SwingstoreIndex index_;
};

// Any SQLite database that no other format claims: its reader says what it lacks.
std::optional<size_t> recognise_sqlite(const FileHead& head) {
  if (!looks_like_sqlite(head.bytes())) return std::nullopt;
  const bool told = head.file() && sqlite_speaks_of(*head.file(), "transcriptItems");
  return told ? 0 : FileHead::kLinesMax;
}

bool is_swingstore(const std::filesystem::path& file) {
  return sqlite_speaks_of(file, "transcriptItems");
}

Part sqlite_companion(const std::filesystem::path& name) {
  const std::string file = name.filename().string();
  return file.ends_with("-wal") || file.ends_with("-journal") ? Part::kYes : Part::kNo;
}

constexpr std::array<std::string_view, 1> kSqliteNames{"sqlite"};

}  // namespace

std::unique_ptr<Recording> open_swingstore_sqlite(const std::filesystem::path& path,
                                                  const std::string& shown_path) {
  RecordingInfo info;
  info.kind = "swingstore-sqlite";
  info.path = shown_path;
  return make_swingstore_recording(
      std::make_unique<SqliteSwingstoreSource>(prepare_sqlite_evidence(path), shown_path),
      std::move(info));
}

const Format kSwingstoreSqliteFormat{.name = "swingstore-sqlite",
                                     .words = "a SQLite database",
                                     .accepted = "a SQLite swing-store",
                                     .rank = Rank::kDatabase,
                                     .recognise = recognise_sqlite,
                                     .open = open_swingstore_sqlite,
                                     .companion = sqlite_companion,
                                     .name_words = kSqliteNames,
                                     .database = Database::kSqlite,
                                     .holds_history = is_swingstore};

}  // namespace recrank::agoric
