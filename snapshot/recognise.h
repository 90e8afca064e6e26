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
  kExportManifest,
  kSlog,
  kSst,
  kJournal,     // by its header
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

// "an LMDB database", for sentences.
[[nodiscard]] std::string_view to_string(FileForm form);

// True for an export-manifest.json, a *.slog.gz and whatever else can be part of a recording; the
// content decides later. Used to leave the rest of a large archive alone.
[[nodiscard]] bool may_be_evidence(const std::filesystem::path& name, std::string_view head);

struct Found {
  std::optional<RecordingKind> kind;  // nullopt: an archive
  std::filesystem::path path;         // the file; for an export its directory
  bool packed = false;                // `path` must be unpacked first
};

// A recording with the logs beside it.
struct FoundSet {
  Found recording;
  std::vector<Found> logs;  // of the same directory, where the recording is not a log itself
};

// The one recording in `directory` or below (depth 8, no symbolic links): a database if there is
// one, else an export, else a log, else an archive, else a
// journal. `shown` names the directory in errors. Throws
// kUsage that lists them when there are several, kInvalidData when there is none.
[[nodiscard]] FoundSet find_recordings(const std::filesystem::path& directory,
                                       const std::string& shown);
// The same without the logs.
[[nodiscard]] Found find_recording(const std::filesystem::path& directory,
                                   const std::string& shown);

// What recordings can be, for errors.
inline constexpr const char* kAcceptedText =
    "accepted are an LMDB kernel database (data.mdb), a SQLite swing-store, a swing-store export, "
    "a capsule (.crank), a slog, an .sst, a journal of events (JSON lines), each also compressed (gzip, bzip2, zstd, xz) or in a tar or zip archive, and "
    "directories with one of them";

}  // namespace recrank
