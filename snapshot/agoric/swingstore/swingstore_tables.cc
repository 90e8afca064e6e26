// Format: docs/formats/swingset-2024.md ("Tables").
#include "snapshot/agoric/swingstore/swingstore_tables.h"

#include <set>

#include "base/error.h"
#include "base/text.h"
#include "snapshot/sqlite/sqlite_contents.h"

namespace recrank::agoric {
namespace {

using Columns = std::set<std::string, std::less<>>;

void require_columns(const SqliteDb& db, const char* table,
                     std::initializer_list<const char*> names) {
  const Columns columns = columns_of(db, table);
  for (const char* name : names) {
    if (columns.count(name) != 0) continue;
    throw Error(ErrorCode::kInvalidData,
                db.shown_name() + ": no swing-store: it has no " + table + "." + name);
  }
}

// Which items of a span are there: a few looks into the index, however long the span is.
class ItemProbe {
 public:
  explicit ItemProbe(const SqliteDb& db)
      : query_(db,
               "SELECT 1 FROM transcriptItems "
               "WHERE vatID=?1 AND position>=?2 AND position<?3 LIMIT 1") {}

  // Items are pruned by whole spans, so part of one is damage.
  void look(SpanRow& span) {
    const auto [begin, end] = span.items;
    const bool first = has(span.vat_id, begin, begin + 1);
    const bool last = has(span.vat_id, end - 1, end);
    span.held = first && last;
    if (span.held) return;
    if (first || last) {
      span.broken = std::string("its ") + (first ? "last" : "first") + " item is missing";
    } else if (has(span.vat_id, begin, end)) {
      span.broken = "its first and its last item are missing";
    }
  }

 private:
  bool has(const std::string& vat_id, uint64_t begin, uint64_t end) {
    query_.reset();
    query_.bind(1, vat_id);
    query_.bind(2, static_cast<int64_t>(begin));
    query_.bind(3, static_cast<int64_t>(end));
    return query_.step();
  }

  Statement query_;
};

void note_row(SwingstoreIndex& index, const char* table, std::string_view vat_id,
              const char* what) {
  index.notes.push_back(std::string("a row of ") + table + " for vat '" + printable(vat_id, 40) +
                        "' was passed over: " + what);
}

void read_spans(const SqliteDb& db, const SwingstoreSchema& schema, SwingstoreIndex& index) {
  Statement query(db, std::string("SELECT vatID, startPos, endPos, hash, isCurrent, ") +
                          (schema.has_incarnation ? "incarnation" : "0") + " FROM transcriptSpans");
  ItemProbe probe(db);
  while (query.step()) {
    SpanRow span;
    span.vat_id = query.text(0);
    const auto begin = query.count(1);
    const auto end = query.count(2);
    if (!is_vat_id(span.vat_id) || !begin || !end || *begin > *end) {
      note_row(index, "transcriptSpans", span.vat_id, "no vat ID or no range of positions");
      continue;
    }
    span.items = {*begin, *end};
    span.hash = query.text(3);
    span.current = !query.is_null(4) && query.integer(4) != 0;
    span.incarnation = query.count(5).value_or(0);
    if (!span.items.empty()) probe.look(span);
    index.spans.push_back(std::move(span));
  }
}

void read_snapshots(const SqliteDb& db, const SwingstoreSchema& schema, SwingstoreIndex& index) {
  // length() of a BLOB is answered from the row's head; the heap itself is not read.
  Statement query(db,
                  std::string("SELECT vatID, snapPos, hash, inUse, "
                              "typeof(compressedSnapshot)='blob', length(compressedSnapshot), ") +
                      (schema.has_sizes ? "uncompressedSize, compressedSize" : "NULL, NULL") +
                      " FROM snapshots");
  while (query.step()) {
    SnapshotRow row;
    row.vat_id = query.text(0);
    const auto position = query.count(1);
    if (!is_vat_id(row.vat_id) || !position) {
      note_row(index, "snapshots", row.vat_id, "no vat ID or no position");
      continue;
    }
    row.position = *position;
    row.hash = query.text(2);
    row.in_use = !query.is_null(3) && query.integer(3) != 0;
    row.held = query.integer(4) != 0;
    if (row.held) row.stored_bytes = query.count(5);
    if (!row.held && row.in_use) row.broken = "is in use, and its bytes are missing";
    row.raw_bytes = query.count(6);
    row.compressed_bytes = query.count(7);
    index.snapshots.push_back(std::move(row));
  }
}

// From one vat to the next in the index, so that it costs as little as there are vats.
void read_item_ends(const SqliteDb& db, SwingstoreIndex& index) {
  Statement next(db,
                 "SELECT vatID, typeof(vatID)='text' FROM transcriptItems "
                 "WHERE vatID>?1 ORDER BY vatID LIMIT 1");
  Statement last(db, "SELECT max(position) FROM transcriptItems WHERE vatID=?1");
  std::string vat_id;
  for (;;) {
    next.reset();
    next.bind(1, vat_id);
    // Behind the text come BLOBs. An index out of order would lead in circles.
    if (!next.step() || next.integer(1) == 0 || next.text(0) <= vat_id) return;
    vat_id = next.text(0);
    last.reset();
    last.bind(1, vat_id);
    const auto position = last.step() ? last.count(0) : std::nullopt;
    if (is_vat_id(vat_id) && position) {
      index.item_ends[vat_id] = *position + 1;
    } else {
      note_row(index, "transcriptItems", vat_id, "no vat ID or no position");
    }
  }
}

void read_bundle_ids(const SqliteDb& db, SwingstoreIndex& index) {
  Statement query(db, "SELECT bundleID FROM bundles WHERE typeof(bundle) IN ('text','blob')");
  while (query.step()) index.bundle_ids.emplace_back(query.text(0));
}

}  // namespace

SwingstoreSchema read_swingstore_schema(const SqliteDb& db) {
  if (columns_of(db, "transcriptSpans").empty() && !columns_of(db, "streamItem").empty()) {
    throw Error(ErrorCode::kUnsupported,
                db.shown_name() +
                    ": a swing-store from before transcript spans (2022); its "
                    "streamItem table is not read");
  }
  require_columns(db, "kvStore", {"key", "value"});
  require_columns(db, "transcriptItems", {"vatID", "position", "item"});
  require_columns(db, "transcriptSpans", {"vatID", "startPos", "endPos", "hash", "isCurrent"});
  SwingstoreSchema schema;
  schema.has_incarnation = columns_of(db, "transcriptSpans").count("incarnation") != 0;
  const Columns snapshots = columns_of(db, "snapshots");
  if (!snapshots.empty()) {
    schema.has_snapshots = true;
    require_columns(db, "snapshots", {"vatID", "snapPos", "inUse", "hash", "compressedSnapshot"});
    schema.has_sizes =
        snapshots.count("uncompressedSize") != 0 && snapshots.count("compressedSize") != 0;
  }
  const Columns bundles = columns_of(db, "bundles");
  schema.has_bundles = bundles.count("bundleID") != 0 && bundles.count("bundle") != 0;
  return schema;
}

SwingstoreIndex read_swingstore_index(const SqliteDb& db, const SwingstoreSchema& schema) {
  SwingstoreIndex index;
  index.numbers_incarnations = schema.has_incarnation;
  read_spans(db, schema, index);
  read_item_ends(db, index);
  if (schema.has_snapshots) read_snapshots(db, schema, index);
  if (schema.has_bundles) read_bundle_ids(db, index);
  index.sort();
  return index;
}

}  // namespace recrank::agoric
