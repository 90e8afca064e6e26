#include "snapshot/capture/capture_walk.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/capture/capture_rules.h"
#include "snapshot/io/sparse_writer.h"
#include "snapshot/lmdb/lmdb_copy.h"
#include "snapshot/open/recognise.h"
#include "snapshot/sqlite/sqlite_copy.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 64;
constexpr size_t kFilesMax = 1'000'000;
// A run of zeroes shorter than this is not worth a hole, and the map of holes must stay short.
constexpr size_t kHoleBytes = size_t{64} << 10;
constexpr size_t kRangesMax = 10'000;
constexpr size_t kChunkBytes = size_t{1} << 20;

// Adds the piece of a file at `offset`, which begins at a multiple of kHoleBytes.
void add_data(CaptureFile& file, std::string_view piece, uint64_t offset) {
  for (; !piece.empty();) {
    const std::string_view block = piece.substr(0, kHoleBytes);
    piece.remove_prefix(block.size());
    const ByteRange range{offset, offset + block.size()};
    offset = range.end;
    if (block.size() == kHoleBytes && is_zero(block)) continue;
    const bool goes_on = !file.data.empty() && file.data.back().end == range.begin;
    if (goes_on) file.data.back().end = range.end;
    else file.data.push_back(range);
  }
}

class Walk {
 public:
  Walk(fs::path root, const Interrupt& interrupt) : root_(std::move(root)), interrupt_(interrupt) {}

  CaptureWalk run() {
    list(root_, "", 0);
    std::sort(paths_.begin(), paths_.end());
    for (const std::string& path : paths_) take(path);
    drop_companions();
    return std::move(walk_);
  }

 private:
  void list(const fs::path& directory, const std::string& prefix, int depth);
  void take(const std::string& path);
  void take_database(CaptureFile& file);
  void drop_companions();
  void measure(CaptureFile& file) const;
  void stop_if_asked() const {
    if (interrupt_.requested()) throw Error(ErrorCode::kIo, "interrupted: nothing was captured");
  }

  fs::path root_;
  const Interrupt& interrupt_;
  std::vector<std::string> paths_;
  std::vector<std::string> companions_;  // of databases that were copied
  CaptureWalk walk_;
};

void Walk::list(const fs::path& directory, const std::string& prefix, int depth) {
  stop_if_asked();
  std::error_code error;
  fs::directory_iterator it(directory, error);
  std::vector<fs::directory_entry> entries;
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    entries.push_back(*it);
  }
  if (error) walk_.unreadable.push_back({prefix.empty() ? "." : prefix, error.message()});
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    const std::string path = prefix.empty() ? name : prefix + "/" + name;
    const fs::file_status status = entry.symlink_status(error);
    if (fs::is_directory(status)) {
      const auto secret = secret_directory(name);
      if (secret) walk_.secrets.push_back({path, *secret});
      else if (depth == kDepthMax) walk_.unreadable.push_back({path, "nested too deeply"});
      else list(entry.path(), path, depth + 1);
    } else if (fs::is_symlink(status)) {
      walk_.skipped.push_back({path, "a symbolic link; it is not followed"});
    } else if (fs::is_regular_file(status)) {
      paths_.push_back(path);
    } else if (error) {
      walk_.unreadable.push_back({path, error.message()});
    } else {
      walk_.skipped.push_back({path, "no regular file"});
    }
    if (paths_.size() > kFilesMax) {
      throw Error(ErrorCode::kUnsupported,
                  root_.string() + ": more than " + format_count(kFilesMax) + " files");
    }
  }
}

void Walk::take(const std::string& path) {
  stop_if_asked();
  CaptureFile file;
  file.path = path;
  file.source = root_ / path;
  const std::string name = file.source.filename().string();
  std::optional<std::string> secret = secret_by_name(name);
  try {
    if (!secret) {
      const UniqueFd fd = open_for_read(file.source);
      std::string head(kSecretHeadBytes, '\0');
      head.resize(read_some_at(fd.get(), head.data(), head.size(), 0, path));
      secret = secret_by_content(name, head);
    }
    if (secret) {
      walk_.secrets.push_back({path, *secret});
      return;
    }
    take_database(file);
    measure(file);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo || file.copied || interrupt_.requested()) throw;
    walk_.unreadable.push_back({path, error.what()});
    return;
  }
  walk_.files.push_back(std::move(file));
}

// Only one that a process has open: of a dead process its file and companions are the evidence.
void Walk::take_database(CaptureFile& file) {
  const Format* format = recognise_file(file.source).format;
  const Database database = format == nullptr ? Database::kNone : format->database;
  const bool sqlite = database == Database::kSqlite;
  const bool lmdb = database == Database::kLmdb;
  const bool live = (sqlite && sqlite_in_use(file.source)) || (lmdb && lmdb_in_use(file.source));
  if (!live) return;
  file.copied = true;
  const fs::path copy = walk_.scratch.emplace_back().path() / "copy";
  const std::string given = file.path;
  if (sqlite) {
    copy_sqlite_consistently(file.source, copy);
    for (const char* suffix : {"-wal", "-shm", "-journal"}) companions_.push_back(given + suffix);
  } else {
    copy_lmdb_consistently(file.source, copy);
    companions_.push_back(given + "-lock");
    companions_.push_back((fs::path(given).parent_path() / "lock.mdb").string());
  }
  file.source = copy;
}

// What belongs to the moment after the copy says nothing of it.
void Walk::drop_companions() {
  std::erase_if(walk_.files, [&](const CaptureFile& file) {
    const auto& all = companions_;
    if (std::find(all.begin(), all.end(), file.path) == all.end()) return false;
    walk_.skipped.push_back({file.path, "its database was in use and was copied consistently"});
    return true;
  });
}

void Walk::measure(CaptureFile& file) const {
  const UniqueFd fd = open_for_read(file.source);
  file.bytes = file_size(fd.get(), file.path);  // what is appended from here on is left alone
  Sha256 hash;
  std::string chunk(kChunkBytes, '\0');
  for (uint64_t at = 0; at < file.bytes;) {
    stop_if_asked();
    const auto want = static_cast<size_t>(std::min<uint64_t>(chunk.size(), file.bytes - at));
    read_exactly_at(fd.get(), chunk.data(), want, at, file.path);
    const std::string_view piece = std::string_view(chunk).substr(0, want);
    hash.update(piece);
    add_data(file, piece, at);
    at += want;
  }
  if (file.data.size() > kRangesMax) file.data = {{0, file.bytes}};
  file.sha256 = hash.finish_hex();
}

}  // namespace

CaptureWalk walk_for_capture(const fs::path& directory, const Interrupt& interrupt) {
  return Walk(directory, interrupt).run();
}

}  // namespace recrank
