// How a SwingstoreFixture becomes files. Format: docs/formats/swingset-2024.md.
#include <fstream>

#include "base/json_cursor.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace {

// As @agoric/swing-store 0.10.0 makes them (src/*Store.js).
constexpr const char* kSqlTables = R"(
    CREATE TABLE kvStore (key TEXT, value TEXT, PRIMARY KEY (key));
    CREATE TABLE pendingExports (key TEXT, value TEXT, PRIMARY KEY (key));
    CREATE TABLE bundles (bundleID TEXT, bundle BLOB, PRIMARY KEY (bundleID));
    CREATE TABLE transcriptItems (vatID TEXT, position INTEGER, item TEXT, incarnation INTEGER,
      PRIMARY KEY (vatID, position));)";

std::string span_table(FixtureSchema schema) {
  const bool has = schema != FixtureSchema::kNoIncarnation;
  return std::string(
             "CREATE TABLE transcriptSpans (vatID TEXT, startPos INTEGER, endPos INTEGER, "
             "hash TEXT, isCurrent INTEGER CHECK (isCurrent = 1), ") +
         (has ? "incarnation INTEGER, " : "") +
         "PRIMARY KEY (vatID, startPos), UNIQUE (vatID, isCurrent));"
         "CREATE INDEX currentTranscriptIndex ON transcriptSpans (vatID, isCurrent);";
}

std::string snapshot_table(FixtureSchema schema) {
  const bool check = schema == FixtureSchema::k1A;
  return std::string(
             "CREATE TABLE snapshots (vatID TEXT, snapPos INTEGER, "
             "inUse INTEGER CHECK(inUse = 1), hash TEXT, uncompressedSize INTEGER, "
             "compressedSize INTEGER, compressedSnapshot BLOB, "
             "PRIMARY KEY (vatID, snapPos), UNIQUE (vatID, inUse)") +
         (check ? ", CHECK(compressedSnapshot is not null or inUse is null));" : ");");
}

void put(const SqliteDb& db, const std::string& sql, const std::vector<std::string>& texts,
         const std::vector<uint64_t>& numbers) {
  Statement insert(db, sql);
  int index = 0;
  for (const std::string& text : texts) insert.bind(++index, text);
  for (const uint64_t number : numbers) insert.bind(++index, static_cast<int64_t>(number));
  (void)insert.step();
}

std::string pair_line(const std::string& key, const std::string& value) {
  return "[" + json_quote(key) + "," + json_quote(value) + "]\n";
}

}  // namespace

void SwingstoreFixture::insert_vat(const SqliteDb& db, const Vat& vat, bool incarnations) const {
  for (const Span& span : vat.spans) {
    put(db,
        std::string("INSERT INTO transcriptSpans VALUES(?1,?3,?4,?2,nullif(?5,0)") +
            (incarnations ? "," + std::to_string(span.incarnation) + ")" : ")"),
        {vat.id, span.hash}, {span.begin, span.end, span.current ? 1U : 0U});
    for (uint64_t at = span.begin; at < span.end && !span.pruned; ++at) {
      put(db, "INSERT INTO transcriptItems VALUES(?1,?3,?2,?4)", {vat.id, vat.items[at]},
          {at, span.incarnation});
    }
  }
  for (const Heap& heap : vat.heaps) {
    const std::string packed = gzip(heap.bytes);
    put(db,
        std::string("INSERT INTO snapshots VALUES(?1,?4,nullif(?5,0),?2,?6,?7,") +
            (heap.pruned ? "nullif(?3,?3))" : "CAST(?3 AS BLOB))"),
        {vat.id, heap.hash, packed},
        {heap.position, heap.in_use ? 1U : 0U, heap.bytes.size(), packed.size()});
  }
}

void SwingstoreFixture::write_sqlite(const std::filesystem::path& path,
                                     FixtureSchema schema) const {
  {
    const SqliteDb db(path, path.string(), SqliteAccess::kScratch);
    db.execute("PRAGMA journal_mode=WAL; BEGIN");
    db.execute(kSqlTables);
    db.execute((span_table(schema) + snapshot_table(schema)).c_str());
    for (const auto& [key, value] : kv_) {
      put(db, "INSERT INTO kvStore VALUES(?1,?2)", {key, value}, {});
    }
    for (const auto& [id, stored] : bundles_) {
      put(db,
          stored.empty()          ? "INSERT INTO bundles VALUES(?1,NULL)"
          : id.starts_with("b0-") ? "INSERT INTO bundles VALUES(?1,?2)"
                                  : "INSERT INTO bundles VALUES(?1,CAST(?2 AS BLOB))",
          stored.empty() ? std::vector{id} : std::vector{id, stored}, {});
    }
    for (const Vat& vat : vats_) insert_vat(db, vat, schema != FixtureSchema::kNoIncarnation);
    db.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  }
  // As a kernel leaves it that was closed well: marked for a write-ahead log, without one.
  std::filesystem::remove(path.string() + "-wal");
  std::filesystem::remove(path.string() + "-shm");
}

void SwingstoreFixture::write_export(const std::filesystem::path& directory) const {
  std::filesystem::create_directories(directory);
  std::string data;
  std::string artifacts;
  const auto artifact = [&](const std::string& name, const std::string& bytes) {
    write_file(directory / name, bytes);
    artifacts +=
        (artifacts.empty() ? "" : ",") + ("[" + json_quote(name) + "," + json_quote(name)) + "]";
  };
  for (const auto& [key, value] : kv_) {
    if (!key.starts_with("host.")) data += pair_line("kv." + key, value);
  }
  for (const Vat& vat : vats_) {
    for (const Heap& heap : vat.heaps) {
      const std::string name = "snapshot." + vat.id + "." + std::to_string(heap.position);
      data += pair_line(name, R"({"vatID":")" + vat.id + R"(","snapPos":)" +
                                  std::to_string(heap.position) + R"(,"hash":")" + heap.hash +
                                  R"(","inUse":)" + (heap.in_use ? "1}" : "0}"));
      if (heap.in_use) data += pair_line("snapshot." + vat.id + ".current", name);
      if (!heap.pruned) artifact(name, heap.bytes);
    }
  }
  for (const Vat& vat : vats_) {
    for (const Span& span : vat.spans) {
      const std::string begin = std::to_string(span.begin);
      data += pair_line("transcript." + vat.id + "." + (span.current ? "current" : begin),
                        R"({"vatID":")" + vat.id + R"(","startPos":)" + begin + R"(,"endPos":)" +
                            std::to_string(span.end) + R"(,"hash":")" + span.hash +
                            R"(","isCurrent":)" + (span.current ? "1" : "0") +
                            R"(,"incarnation":)" + std::to_string(span.incarnation) + "}");
      if (span.pruned) continue;
      std::string lines;
      for (uint64_t at = span.begin; at < span.end; ++at) lines += vat.items[at] + "\n";
      artifact("transcript." + vat.id + "." + begin + "." + std::to_string(span.end), lines);
    }
  }
  for (const auto& [id, stored] : bundles_) {
    data += pair_line("bundle." + id, id);
    if (!stored.empty()) artifact("bundle." + id, stored);
  }
  write_file(directory / "export-data.jsonl", data);
  write_file(directory / "export-manifest.json",
             R"({"blockHeight":1015,"artifactMode":"debug","artifacts":[)" + artifacts +
                 R"(],"data":"export-data.jsonl"})");
}

}  // namespace recrank
