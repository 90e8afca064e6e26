// Format: docs/formats/swingset-2024.md ("Export").
#include "snapshot/agoric/swingstore/export_index.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/io/line_reader.h"

namespace recrank::agoric {
namespace {

// One short entry per artifact: this is a store with a million spans.
constexpr size_t kManifestBytesMax = size_t{256} << 20;

constexpr const char* kLostArtifact = "the manifest lists its artifact, which is not there";

// Notes are for people; a hostile export must not make millions of them.
constexpr size_t kNotesMax = 100;

void note(ExportIndex& index, const std::string& text) {
  if (index.store.notes.size() < kNotesMax) index.store.notes.push_back(text);
}

// A name that stays in its directory.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

std::filesystem::path plain_path(const std::filesystem::path& directory, const std::string& name) {
  if (!is_plain_name(name)) {
    throw Error(ErrorCode::kInvalidData, "file name '" + printable(name, 200) + "' is refused");
  }
  return directory / name;
}

bool is_plain_file(const std::filesystem::path& path) {
  std::error_code unreadable;
  return std::filesystem::symlink_status(path, unreadable).type() ==
         std::filesystem::file_type::regular;
}

struct Manifest {
  std::vector<std::pair<std::string, std::string>> artifacts;  // name, file name
  std::string data;
};

// ["snapshot.v1.7074","snapshot.v1.7074"]
std::pair<std::string, std::string> string_pair(JsonCursor& cursor) {
  std::vector<std::string> strings;
  cursor.enter_array();
  while (cursor.next_element()) strings.push_back(cursor.string_value());
  if (strings.size() != 2) throw Error(ErrorCode::kInvalidData, "an artifact entry is no pair");
  return {std::move(strings[0]), std::move(strings[1])};
}

Manifest parse_manifest(const std::string& json, ExportIndex& index) {
  Manifest manifest;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "artifacts") {
      cursor.enter_array();
      while (cursor.next_element()) manifest.artifacts.push_back(string_pair(cursor));
    } else if (*key == "data") {
      manifest.data = cursor.string_value();
    } else if (*key == "blockHeight") {
      index.facts.emplace_back("blockHeight", std::to_string(cursor.uint_value()));
    } else if (*key == "artifactMode") {
      const std::string mode = cursor.string_value();
      index.store.heads_only = mode == "none";
      index.facts.emplace_back("artifactMode", printable(mode, 40));
    } else {
      cursor.skip_value();
    }
  }
  cursor.expect_end();
  return manifest;
}

void find_artifacts(const std::filesystem::path& directory, const Manifest& manifest,
                    ExportIndex& index) {
  for (const auto& [name, file_name] : manifest.artifacts) {
    const std::filesystem::path path = plain_path(directory, file_name);
    if (!is_plain_file(path)) {
      note(index, "artifact " + printable(name, 200) + " is not there");
      index.lost_artifacts.insert(name);
    } else if (!index.artifacts.emplace(name, path).second) {
      note(index, "artifact " + printable(name, 200) + " is listed twice; the first counts");
    }
  }
}

// The bulk of the pairs is the vats' own data (v6.vs.…, v6.c.…) and objects (ko20.owner).
bool is_wanted(std::string_view key) {
  for (const std::string_view prefix : {"vat.", "vats.", "kernel.", "namedBundleID."}) {
    if (key.starts_with(prefix)) return true;
  }
  if (key == "crankNumber" || key == "version") return true;
  const size_t dot = key.find('.');
  return dot != std::string_view::npos && is_vat_id(key.substr(0, dot)) &&
         (key.substr(dot) == ".source" || key.substr(dot) == ".options");
}

// {"vatID":"v6","startPos":0,"endPos":5,"hash":"…","isCurrent":0,"incarnation":0}
void add_span(const std::string& json, ExportIndex& index) {
  SpanRow span;
  bool numbered = false;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "vatID") {
      span.vat_id = cursor.string_value();
    } else if (*key == "startPos") {
      span.items.begin = cursor.uint_value();
    } else if (*key == "endPos") {
      span.items.end = cursor.uint_value();
    } else if (*key == "hash") {
      span.hash = cursor.string_value();
    } else if (*key == "isCurrent") {
      span.current = cursor.raw_value() == "1";
    } else if (*key == "incarnation") {
      span.incarnation = cursor.uint_value();
      numbered = true;
    } else {
      cursor.skip_value();
    }
  }
  if (!is_vat_id(span.vat_id) || span.items.begin > span.items.end) {
    throw Error(ErrorCode::kInvalidData, "a transcript record without vat or range");
  }
  if (!numbered) index.store.numbers_incarnations = false;
  if (!span.items.empty()) {
    const std::string artifact = transcript_artifact(span);
    span.held = index.artifacts.count(artifact) != 0;
    if (index.lost_artifacts.count(artifact) != 0) span.broken = kLostArtifact;
  }
  index.store.spans.push_back(std::move(span));
}

// {"vatID":"v1","snapPos":7074,"hash":"…","inUse":1}
void add_snapshot(const std::string& json, ExportIndex& index) {
  SnapshotRow row;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "vatID") {
      row.vat_id = cursor.string_value();
    } else if (*key == "snapPos") {
      row.position = cursor.uint_value();
    } else if (*key == "hash") {
      row.hash = cursor.string_value();
    } else if (*key == "inUse") {
      row.in_use = cursor.raw_value() == "1";
    } else {
      cursor.skip_value();
    }
  }
  if (!is_vat_id(row.vat_id)) throw Error(ErrorCode::kInvalidData, "a snapshot record without vat");
  const auto artifact = index.artifacts.find(snapshot_artifact(row));
  if (artifact != index.artifacts.end()) {
    row.held = true;
    row.raw_bytes = std::filesystem::file_size(artifact->second);
  } else if (index.lost_artifacts.count(snapshot_artifact(row)) != 0) {
    row.broken = kLostArtifact;
  } else if (row.in_use && !index.store.heads_only) {
    row.broken = "is in use, and the export has no artifact of it";
  }
  index.store.snapshots.push_back(std::move(row));
}

// ["kv.vat.names","[\"bootstrap\"]"]
void add_pair(std::string_view line, ExportIndex& index) {
  JsonCursor cursor(line);
  cursor.enter_array();
  if (!cursor.next_element()) throw Error(ErrorCode::kInvalidData, "an empty pair");
  const std::string key = cursor.string_value();
  if (!cursor.next_element()) return;  // a deletion
  if (key.starts_with("kv.")) {
    if (!is_wanted(key.substr(3))) return cursor.skip_value();
    if (auto value = cursor.string_or_null()) index.kv[key.substr(3)] = std::move(*value);
  } else if (key.starts_with("transcript.")) {
    add_span(cursor.string_value(), index);
  } else if (key.starts_with("snapshot.") && !key.ends_with(".current")) {
    add_snapshot(cursor.string_value(), index);
  } else if (key.starts_with("bundle.")) {
    if (index.artifacts.count(key) != 0) index.store.bundle_ids.push_back(key.substr(7));
  }
}

void read_export_data(const std::filesystem::path& path, const std::string& shown,
                      ExportIndex& index) {
  const UniqueFd fd = open_for_read(path);
  LineReader lines({.fd = fd.get(), .name = shown, .end = file_size(fd.get(), shown)});
  Line line;
  while (lines.next(line)) {
    with_context([&] { return to_string(shown, line.place); },
                 [&] {
                   if (line.overlong) throw Error(ErrorCode::kInvalidData, "the line is too long");
                   if (!line.ended)
                     note(index, to_string(shown, line.place) + ": the last line has no end");
                   if (!line.text.empty()) add_pair(line.text, index);
                 });
  }
}

// A record that comes twice would be replayed and verified twice.
void drop_duplicates(ExportIndex& index) {
  auto& spans = index.store.spans;
  const auto same_span = [](const SpanRow& a, const SpanRow& b) {
    return a.vat_id == b.vat_id && a.items.begin == b.items.begin;
  };
  auto& snapshots = index.store.snapshots;
  const auto same_snapshot = [](const SnapshotRow& a, const SnapshotRow& b) {
    return a.vat_id == b.vat_id && a.position == b.position;
  };
  const size_t before = spans.size() + snapshots.size();
  spans.erase(std::unique(spans.begin(), spans.end(), same_span), spans.end());
  snapshots.erase(std::unique(snapshots.begin(), snapshots.end(), same_snapshot), snapshots.end());
  auto& ids = index.store.bundle_ids;
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (const size_t dropped = before - spans.size() - snapshots.size(); dropped != 0) {
    note(index, std::to_string(dropped) + " records of the export data come twice");
  }
}

// "transcript.v6.9.12": items up to 12 of v6, whatever the records say.
void note_items(const std::string& artifact, SwingstoreIndex& store) {
  constexpr std::string_view kPrefix = "transcript.";
  if (!artifact.starts_with(kPrefix)) return;
  const std::string_view rest = std::string_view(artifact).substr(kPrefix.size());
  const std::string vat_id(rest.substr(0, rest.find('.')));
  const auto end = parse_uint(rest.substr(rest.rfind('.') + 1));
  if (!is_vat_id(vat_id) || !end) return;
  uint64_t& known = store.item_ends[vat_id];
  known = std::max(known, *end);
}

void note_unknown_artifacts(ExportIndex& index) {
  std::set<std::string> known;
  for (const SpanRow& span : index.store.spans) known.insert(transcript_artifact(span));
  for (const SnapshotRow& row : index.store.snapshots) known.insert(snapshot_artifact(row));
  for (const std::string& id : index.store.bundle_ids) known.insert("bundle." + id);
  for (const auto& [name, path] : index.artifacts) {
    if (known.count(name) == 0) {
      note_items(name, index.store);
      note(index, "artifact " + printable(name, 200) + " has no record in the export data");
    }
  }
}

}  // namespace

std::string transcript_artifact(const SpanRow& span) {
  return "transcript." + span.vat_id + "." + std::to_string(span.items.begin) + "." +
         std::to_string(span.items.end);
}

std::string snapshot_artifact(const SnapshotRow& snapshot) {
  return "snapshot." + snapshot.vat_id + "." + std::to_string(snapshot.position);
}

ExportIndex read_export_index(const std::filesystem::path& directory,
                              const std::string& shown_name) {
  ExportIndex index;
  const std::string manifest_name = shown_name + "/export-manifest.json";
  const Manifest manifest = with_context(
      [&] { return manifest_name; },
      [&] {
        Manifest parsed = parse_manifest(
            read_small_file(directory / "export-manifest.json", kManifestBytesMax), index);
        if (parsed.data.empty()) {
          throw Error(ErrorCode::kInvalidData,
                      "it names no export data, without which the artifacts "
                      "cannot be told apart");
        }
        find_artifacts(directory, parsed, index);
        return parsed;
      });
  read_export_data(plain_path(directory, manifest.data), shown_name + "/" + manifest.data, index);
  index.store.sort();
  drop_duplicates(index);
  note_unknown_artifacts(index);
  return index;
}

}  // namespace recrank::agoric
