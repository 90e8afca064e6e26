#include "snapshot/open/recognise.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/fd.h"
#include "base/json_cursor.h"
#include "base/little_endian.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/journal/app_journal_line.h"
#include "snapshot/journal/journal_line.h"
#include "snapshot/lmdb/lmdb_check.h"
#include "snapshot/lmdb/lmdb_meta.h"
#include "snapshot/montana/montana_directory.h"
#include "snapshot/sqlite/sqlite_contents.h"
#include "snapshot/stellar/height_log_line.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSqliteMagic = "SQLite format 3\0"sv;
constexpr std::array kCompressedMagics{"\x1f\x8b"sv, "BZh"sv, "\x28\xb5\x2f\xfd"sv,
                                       "\xfd\x37zXZ\0"sv};
constexpr std::string_view kZipMagic = "PK\3\4"sv;
constexpr std::string_view kTarMagic = "ustar"sv;
constexpr size_t kTarMagicOffset = 257;
constexpr size_t kLmdbSecondMetaEnd = 32768 + kLmdbMetaBytes;  // with the largest page size

bool has_lmdb_meta(std::string_view head, size_t page) {
  return head.size() >= page + kLmdbMetaBytes &&
         read_u32(head, page + kLmdbMagicOffset) == kLmdbMagic;
}

// Meta page 1 counts as well: page 0 may be the damaged one.
bool is_lmdb(std::string_view head) {
  if (has_lmdb_meta(head, 0)) return true;
  for (size_t page = 512; page <= 32768; page *= 2) {
    if (has_lmdb_meta(head, page)) return true;
  }
  return false;
}

// Page 0 may be the damaged one here too.
bool has_capsule_mark(std::string_view head) {
  for (size_t page = 0; page <= 32768; page = page == 0 ? 512 : page * 2) {
    if (head.size() < page + kLmdbMetaBytes) break;
    if (head.substr(page + kLmdbMetaBytes).starts_with(kCapsuleMark)) return true;
  }
  return false;
}

// A capsule that went through mdb_copy has lost the mark: the first key tells.
bool begins_with_manifest(int fd, const std::string& name) {
  try {
    return first_lmdb_key(fd, name) == kCapsuleKey;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidData)
      return false;  // its reader shall say what is wrong
    throw;
  }
}

// The members that tell JSON evidence apart, as far as the text goes; it may be cut off.
struct Members {
  bool object = false;
  bool time = false;
  bool artifacts = false;
  bool of_vats = false;  // a word that only the formats of vats put at the top of a line
  bool whole = false;    // the text is one complete object
  std::string type;
  std::string schema;
};

Members look_at(std::string_view text) {
  Members members;
  try {
    JsonCursor cursor(text);
    cursor.enter_object();
    members.object = true;
    while (const auto key = cursor.next_key()) {
      if (*key == "time") members.time = true;
      if (*key == "artifacts" || *key == "artifactMode") members.artifacts = true;
      if (*key == "transcriptNum" || *key == "vatID" || *key == "crankNum") members.of_vats = true;
      const bool wanted = (*key == "type" || *key == "schema") && cursor.peek_kind() == '"';
      if (wanted) {
        (*key == "type" ? members.type : members.schema) = cursor.string_value();
      } else {
        cursor.skip_value();
      }
    }
    cursor.expect_end();
    members.whole = true;
  } catch (const Error&) {
    // Cut off, torn, or another format: what was seen before that counts.
  }
  return members;
}

// Whether the first line was `first` and the text behind it begins with an event as well.
bool are_event_lines(const Members& first, std::string_view behind) {
  if (!first.whole || first.of_vats) return false;
  behind.remove_prefix(std::min(behind.find_first_not_of('\n'), behind.size()));
  const Members second = look_at(behind.substr(0, behind.find('\n')));
  return second.object && !second.of_vats;
}

// A log may begin inside a torn line, so the lines after it are looked at as well.
FileForm recognise_text(std::string_view head) {
  constexpr int kLinesMax = 20;
  bool events = false;
  for (int line = 0; line < kLinesMax && !head.empty(); ++line) {
    const size_t end = std::min(head.find('\n'), head.size());
    if (is_height_log_line(head.substr(0, end))) return FileForm::kHeightLog;
    const Members members = look_at(head.substr(0, end));
    if (members.time && !members.type.empty()) return FileForm::kSlog;
    if (line == 0 && members.type == "create-vat") return FileForm::kSst;
    if (line == 0 && members.schema == kJournalSchema) return FileForm::kJournal;
    if (line == 0 && looks_like_app_record(head)) return FileForm::kAppJournal;
    head.remove_prefix(std::min(end + 1, head.size()));
    if (line == 0) events = are_event_lines(members, head);
  }
  return events ? FileForm::kEventLines : FileForm::kOther;
}

// Logs are text: a binary file (there are thousands in a node's home) need not be read further.
bool is_text(std::string_view head) {
  return std::none_of(head.begin(), head.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  });
}

bool is_export_manifest(std::string_view head) {
  const Members members = look_at(head);
  return members.artifacts && !members.time;
}

}  // namespace

FileForm recognise_bytes(std::string_view head) {
  if (head.empty()) return FileForm::kEmpty;
  if (head.starts_with(kSqliteMagic)) return FileForm::kSqlite;
  for (const std::string_view magic : kCompressedMagics) {
    if (head.starts_with(magic)) return FileForm::kCompressed;
  }
  if (head.starts_with(kZipMagic)) return FileForm::kArchive;
  if (head.size() > kTarMagicOffset && head.substr(kTarMagicOffset).starts_with(kTarMagic)) {
    return FileForm::kArchive;
  }
  if (is_lmdb(head)) return has_capsule_mark(head) ? FileForm::kCapsule : FileForm::kLmdb;
  if (head.starts_with("file ") && head.substr(0, head.find('\n')).find(" seq ") != head.npos) {
    return FileForm::kRedisManifest;
  }
  if (is_export_manifest(head)) return FileForm::kExportManifest;
  return recognise_text(head);
}

FileForm recognise_file(const std::filesystem::path& file) {
  const UniqueFd fd = open_for_read(file);
  // Most files of a node's home are told by far less.
  constexpr size_t kFirstBytes = 4096;
  std::string head(kFirstBytes, '\0');
  size_t size = 0;
  const auto fill = [&] {
    while (size < head.size()) {
      const size_t got =
          read_some_at(fd.get(), head.data() + size, head.size() - size, size, file.string());
      if (got == 0) break;
      size += got;
    }
    head.resize(size);
  };
  fill();
  const FileForm form = recognise_bytes(head);
  if (form == FileForm::kLmdb && begins_with_manifest(fd.get(), file.string())) {
    return FileForm::kCapsule;
  }
  if (form == FileForm::kSqlite) {
    const bool ledgers = sqlite_contents(file) == SqliteContents::kLedgerHeaders;
    return ledgers ? FileForm::kLedgerDb : form;
  }
  if (form != FileForm::kOther || size < kFirstBytes) return form;
  // Farther on lie a log's first whole line and an LMDB file's second meta page.
  head.resize(is_text(head) ? kRecogniseBytes : kLmdbSecondMetaEnd);
  fill();
  return recognise_bytes(head);
}

std::optional<RecordingKind> kind_of(FileForm form) {
  switch (form) {
    case FileForm::kLmdb: return RecordingKind::kKerneldbLmdb;
    case FileForm::kCapsule: return RecordingKind::kCapsule;
    case FileForm::kSqlite: return RecordingKind::kSwingstoreSqlite;
    case FileForm::kLedgerDb: return RecordingKind::kHenyeyDb;
    case FileForm::kHeightLog: return RecordingKind::kHeightLog;
    case FileForm::kExportManifest: return RecordingKind::kSwingstoreExport;
    case FileForm::kSlog: return RecordingKind::kSlog;
    case FileForm::kSst: return RecordingKind::kSst;
    case FileForm::kRedisManifest: return RecordingKind::kRedis;
    case FileForm::kAppJournal: return RecordingKind::kAppJournal;
    case FileForm::kJournal:
    case FileForm::kEventLines: return RecordingKind::kJournal;
    default: return std::nullopt;
  }
}

bool is_a_directory(RecordingKind kind) {
  return kind == RecordingKind::kSwingstoreExport || kind == RecordingKind::kRedis;
}

std::string_view to_string(FileForm form) {
  switch (form) {
    case FileForm::kLmdb: return "an LMDB database";
    case FileForm::kCapsule: return "a capsule";
    case FileForm::kSqlite: return "a SQLite database";
    case FileForm::kLedgerDb: return "a database of ledgers";
    case FileForm::kHeightLog: return "the log of a node";
    case FileForm::kExportManifest: return "a swing-store export";
    case FileForm::kSlog: return "a slog";
    case FileForm::kSst: return "an .sst";
    case FileForm::kRedisManifest: return "the manifest of a Redis append-only directory";
    case FileForm::kAppJournal: return "a server's journal of spans";
    case FileForm::kJournal:
    case FileForm::kEventLines: return "a journal";
    case FileForm::kCompressed: return "a compressed file";
    case FileForm::kArchive: return "an archive";
    case FileForm::kEmpty: return "an empty file";
    case FileForm::kOther: return "something of no known format";
  }
  return "unknown";
}

bool may_be_evidence(const std::filesystem::path& name, std::string_view head) {
  const std::string file = name.filename().string();
  const auto holds = [&](std::string_view word) { return file.find(word) != std::string::npos; };
  const auto ends = [&](std::string_view ending) { return file.ends_with(ending); };
  const auto begins = [&](std::string_view start) { return file.starts_with(start); };
  if (file == "identity.bin") return false;  // a Montana node's secret keys
  if (montana::is_montana_file(name)) return true;
  const FileForm form = recognise_bytes(head);
  if (kind_of(form)) return true;
  // Not every compressed file of a node's home: only those whose names speak of evidence.
  constexpr std::array kWords{"slog"sv, "sst"sv, ".mdb"sv, "sqlite"sv, ".jsonl"sv, ".ndjson"sv};
  constexpr std::array kArchives{".tar"sv, ".tgz"sv, ".tbz"sv, ".txz"sv, ".zip"sv};
  if (std::any_of(kWords.begin(), kWords.end(), holds)) return form != FileForm::kEmpty;
  if (form == FileForm::kCompressed || form == FileForm::kArchive) {
    return std::any_of(kArchives.begin(), kArchives.end(), holds);
  }
  // Companions: what a database or an export cannot be read without.
  constexpr std::array kEndings{"-wal"sv, "-journal"sv, "export-data.jsonl"sv};
  constexpr std::array kArtifacts{"snapshot."sv, "transcript."sv, "bundle."sv, "appendonly.aof."sv,
                                  "digests"sv};
  return std::any_of(kEndings.begin(), kEndings.end(), ends) ||
         std::any_of(kArtifacts.begin(), kArtifacts.end(), begins);
}

}  // namespace recrank
