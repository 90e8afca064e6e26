// What a file or a directory holds, judged by its content.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/recording.h"

namespace recrank {

// What the first bytes of a file say.
enum class FileForm {
  kLmdb,
  kCapsule,  // an LMDB file as well
  kSqlite,
  kLedgerDb,  // a SQLite file as well: the ledgers of a node
  kExportManifest,
  kSlog,
  kSst,
  kRedisManifest,
  kHeightLog,
  kJournal,     // by its header
  kAppJournal,  // a server's journal of spans
  kEventLines,  // JSON objects that nothing else claims: a journal without a header
  kCompressed,  // gzip, bzip2, zstd, xz: of whatever
  kArchive,     // tar, zip
  kEmpty,
  kOther,
};

// As much of a file as recognise_bytes() looks at.
inline constexpr size_t kRecogniseBytes = size_t{1} << 20;

[[nodiscard]] FileForm recognise_bytes(std::string_view head);
[[nodiscard]] FileForm recognise_file(const std::filesystem::path& file);

// nullopt for forms that are no recording themselves.
[[nodiscard]] std::optional<RecordingKind> kind_of(FileForm form);

// Of these, the file that is recognised stands for the directory that it lies in.
[[nodiscard]] bool is_a_directory(RecordingKind kind);

// "an LMDB database", for sentences.
[[nodiscard]] std::string_view to_string(FileForm form);

// True for an export-manifest.json, a *.slog.gz and whatever else can be part of a recording; the
// content decides later. Used to leave the rest of a large archive alone.
[[nodiscard]] bool may_be_evidence(const std::filesystem::path& name, std::string_view head);

struct Found {
  std::optional<RecordingKind> kind;  // nullopt: an archive
  std::filesystem::path path;         // the file; for an export and a node its directory
  bool packed = false;                // `path` must be unpacked first
};

// A recording with the logs beside it.
struct FoundSet {
  Found recording;
  std::vector<Found> logs;  // of the same directory, where the recording is not a log itself
};

// The one recording in `directory` or below (depth 8, no symbolic links): a database if there is
// one, else an export or a node's directory, else a log, else an archive, else a journal. What lies
// inside a node's directory is not looked at. `shown` names the directory in errors. Throws kUsage
// that lists them when there are several, kInvalidData when there is none.
[[nodiscard]] FoundSet find_recordings(const std::filesystem::path& directory,
                                       const std::string& shown);
// The same without the logs.
[[nodiscard]] Found find_recording(const std::filesystem::path& directory,
                                   const std::string& shown);

// What recordings can be, for errors.
inline constexpr const char* kAcceptedText =
    "accepted are an LMDB kernel database (data.mdb), a SQLite swing-store or database of ledgers, "
    "a "
    "swing-store export, a capsule (.crank), a slog, an .sst, the log of a Stellar node, a journal "
    "of "
    "events (JSON lines), a server's app.ndjson, a Montana node's data directory, a Redis "
    "append-only directory, each also "
    "compressed (gzip, bzip2, zstd, xz) or in a tar or zip archive, and "
    "directories with one of them";

}  // namespace recrank
