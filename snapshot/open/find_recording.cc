// The search of a directory for the one recording in it.
#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "snapshot/agoric/kerneldb/kerneldb_store.h"
#include "snapshot/lmdb/lmdb_check.h"
#include "snapshot/montana/montana_directory.h"
#include "snapshot/open/recognise.h"
#include "snapshot/open/unpack.h"
#include "snapshot/sqlite/sqlite_contents.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 8;
constexpr size_t kFilesMax = 1'000'000;  // a node's home has some thousands
constexpr size_t kListedMax = 20;

struct Search {
  std::vector<Found> found;
  size_t files = 0;
  size_t unreadable = 0;  // a node's home has keys that are not ours to read
};

// A compressed file counts as what is in it.
std::optional<Found> look_into(const fs::path& file) {
  FileForm form = recognise_file(file);
  const bool compressed = form == FileForm::kCompressed;
  if (compressed) form = peek_compressed(file);
  if (form == FileForm::kArchive) return Found{std::nullopt, file, true};
  if (form == FileForm::kExportManifest) {
    if (compressed || file.filename() != "export-manifest.json") return std::nullopt;
    return Found{RecordingKind::kSwingstoreExport, file.parent_path(), false};
  }
  const auto kind = kind_of(form);
  if (kind && is_a_directory(*kind) && !compressed) return Found{*kind, file.parent_path(), false};
  if (kind) return Found{*kind, file, compressed};
  return std::nullopt;
}

void search(const fs::path& directory, int depth, Search& state) {
  if (montana::is_montana_directory(directory)) {  // nothing in it is a recording of its own
    state.found.push_back({RecordingKind::kMontana, directory, false});
    return;
  }
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (auto it = fs::directory_iterator(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    entries.push_back(*it);
    if (++state.files > kFilesMax) {
      throw Error(ErrorCode::kUsage, directory.string() + ": more than " +
                                         std::to_string(kFilesMax) +
                                         " files: name the recording itself");
    }
  }
  if (error && depth == 0) {
    throw Error(ErrorCode::kIo, "cannot read " + directory.string() + ": " + error.message());
  }
  if (error) ++state.unreadable;
  std::sort(entries.begin(), entries.end());
  for (const fs::directory_entry& entry : entries) {
    const fs::file_status status = entry.symlink_status(error);
    if (fs::is_directory(status) && depth < kDepthMax) search(entry.path(), depth + 1, state);
    if (!fs::is_regular_file(status)) continue;
    try {
      if (auto found = look_into(entry.path())) state.found.push_back(std::move(*found));
    } catch (const Error& failure) {
      if (failure.code() != ErrorCode::kIo) throw;
      ++state.unreadable;
    }
  }
}

// Lower ones are preferred.
enum Rank { kDatabase, kExport, kLog, kPacked, kJournal, kNothing };

Rank rank(const Found& found) {
  if (!found.kind) return kPacked;
  switch (*found.kind) {
    case RecordingKind::kKerneldbLmdb:
    case RecordingKind::kSwingstoreSqlite:
    case RecordingKind::kHenyeyDb: return kDatabase;
    case RecordingKind::kSwingstoreExport:
    case RecordingKind::kRedis:
    case RecordingKind::kMontana: return kExport;
    case RecordingKind::kJournal:
    case RecordingKind::kAppJournal: return kJournal;
    default: return kLog;
  }
}

// Whether a database is one of a kernel or of ledgers: a node's home has others too.
bool is_kernel_database(const Found& found) {
  if (found.packed) return true;
  if (found.kind == RecordingKind::kKerneldbLmdb) {
    const UniqueFd fd = open_for_read(found.path);
    try {
      const auto names = check_lmdb(fd.get(), found.path.string()).names;
      return std::find(names.begin(), names.end(), kKernelDbiName) != names.end();
    } catch (const Error&) {
      return true;  // damaged: the reader shall say how
    }
  }
  return found.kind == RecordingKind::kHenyeyDb ||
         sqlite_contents(found.path) == SqliteContents::kSwingstore;
}

// A rotated file beside the one that goes on: both are one recording.
bool is_rotated(const Found& one, const std::vector<Found>& found) {
  return one.kind == RecordingKind::kAppJournal &&
         std::any_of(found.begin(), found.end(), [&](const Found& other) {
           return one.path.string() == other.path.string() + ".1";
         });
}

std::string list(const std::vector<Found>& found, const fs::path& directory) {
  std::string text;
  for (size_t i = 0; i < found.size() && i < kListedMax; ++i) {
    const fs::path relative = found[i].path.lexically_relative(directory);
    text += (i == 0 ? " " : ", ") + printable(relative.string(), 300) + " (" +
            (found[i].kind ? std::string(to_string(*found[i].kind)) : "archive") + ")";
  }
  if (found.size() > kListedMax) text += ", …";
  return text;
}

}  // namespace

Found find_recording(const fs::path& directory, const std::string& shown) {
  return find_recordings(directory, shown).recording;
}

FoundSet find_recordings(const fs::path& directory, const std::string& shown) {
  Search state;
  search(directory, 0, state);
  std::vector<Found>& found = state.found;
  Rank best = kNothing;
  for (const Found& one : found) best = std::min(best, rank(one));
  std::vector<Found> logs;
  for (const Found& one : found) {
    if (best < kLog && one.kind == RecordingKind::kSlog) logs.push_back(one);
  }
  std::erase_if(found, [&](const Found& one) { return rank(one) != best; });
  std::erase_if(found, [&, all = found](const Found& one) { return is_rotated(one, all); });
  if (found.size() > 1 && best == kDatabase) {
    std::vector<Found> of_kernels;
    std::copy_if(found.begin(), found.end(), std::back_inserter(of_kernels), is_kernel_database);
    if (!of_kernels.empty()) found = std::move(of_kernels);
  }
  if (found.size() == 1) return {found.front(), std::move(logs)};
  if (found.empty()) {
    const std::string unreadable =
        state.unreadable == 0 ? "" : ", " + format_count(state.unreadable) + " not readable";
    throw Error(ErrorCode::kInvalidData, shown + ": no recording in it or below (" +
                                             format_count(state.files) + " files seen" +
                                             unreadable + "); " + kAcceptedText);
  }
  throw Error(ErrorCode::kUsage,
              shown + ": holds several recordings; name one of them:" + list(found, directory));
}

}  // namespace recrank
