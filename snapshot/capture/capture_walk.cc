#include "snapshot/capture/capture_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

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

// Size, hash and ranges of what `fd` holds, and into `head` its first bytes.
void measure(CaptureFile& file, int fd, std::string& head, const Interrupt& interrupt) {
  file.bytes = file_size(fd, file.path);  // what is appended from here on is left alone
  head.clear();
  Sha256 hash;
  std::string chunk(std::min<uint64_t>(kChunkBytes, file.bytes), '\0');
  for (uint64_t at = 0; at < file.bytes;) {
    if (interrupt.requested()) throw Error(ErrorCode::kIo, "interrupted: nothing was captured");
    const auto want = static_cast<size_t>(std::min<uint64_t>(chunk.size(), file.bytes - at));
    read_exactly_at(fd, chunk.data(), want, at, file.path);
    const std::string_view piece = std::string_view(chunk).substr(0, want);
    if (at < kSecretHeadBytes) head += piece.substr(0, kSecretHeadBytes - at);
    hash.update(piece);
    add_data(file, piece, at);
    at += want;
  }
  if (file.data.size() > kRangesMax) file.data = {{0, file.bytes}};
  file.sha256 = hash.finish_hex();
}

constexpr const char* kLink = "a symbolic link; it is not followed";

struct DirCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// The names in a directory, in order; those that can be read.
std::vector<std::string> names_in(int directory, int& error) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, DirCloser> stream(::fdopendir(::fcntl(directory, F_DUPFD_CLOEXEC, 0)));
  for (errno = 0; stream != nullptr; errno = 0) {
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  error = errno;
  std::sort(names.begin(), names.end());
  return names;
}

class Walk {
 public:
  Walk(const fs::path& root, const Interrupt& interrupt) : interrupt_(interrupt) {
    walk_.directory = std::make_shared<Beneath>(root);
  }

  CaptureWalk run() {
    list("", 0);
    std::sort(paths_.begin(), paths_.end());
    for (const std::string& path : paths_) take(path);
    drop_companions();
    return std::move(walk_);
  }

 private:
  void list(const std::string& prefix, int depth);
  void list_one(int directory, const std::string& name, const std::string& path, int depth);
  void take(const std::string& path);
  UniqueFd copied_database(CaptureFile& file, const Recognised& seen);
  void drop_companions();
  void stop_if_asked() const {
    if (interrupt_.requested()) throw Error(ErrorCode::kIo, "interrupted: nothing was captured");
  }

  const Interrupt& interrupt_;
  std::vector<std::string> paths_;
  std::vector<std::string> companions_;  // of databases that were copied
  CaptureWalk walk_;
};

void Walk::list(const std::string& prefix, int depth) {
  stop_if_asked();
  const std::string shown = prefix.empty() ? "." : prefix;
  try {
    std::optional<UniqueFd> directory = walk_.directory->open_directory(prefix);
    if (!directory) {
      walk_.skipped.push_back({shown, kLink});
      return;
    }
    int error = 0;
    const std::vector<std::string> names = names_in(directory->get(), error);
    if (error != 0) throw_errno("cannot read " + shown, error);
    for (const std::string& name : names) {
      list_one(directory->get(), name, prefix.empty() ? name : prefix + "/" + name, depth);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo || interrupt_.requested()) throw;
    walk_.unreadable.push_back({shown, error.what()});
  }
}

void Walk::list_one(int directory, const std::string& name, const std::string& path, int depth) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    walk_.unreadable.push_back({path, std::generic_category().message(errno)});
  } else if (S_ISDIR(status.st_mode)) {
    const auto secret = secret_directory(name);
    if (secret) walk_.secrets.push_back({path, *secret});
    else if (depth == kDepthMax) walk_.unreadable.push_back({path, "nested too deeply"});
    else list(path, depth + 1);
  } else if (S_ISREG(status.st_mode)) {
    paths_.push_back(path);
  } else {
    walk_.skipped.push_back({path, S_ISLNK(status.st_mode) ? kLink : "no regular file"});
  }
  if (paths_.size() > kFilesMax) {
    throw Error(ErrorCode::kUnsupported, walk_.directory->root().string() + ": more than " +
                                             format_count(kFilesMax) + " files");
  }
}

// Of all that was read the hash is kept, and nothing else of it is written: what was judged here is
// what the archive gets, or the capture fails.
void Walk::take(const std::string& path) {
  stop_if_asked();
  CaptureFile file;
  file.path = path;
  const std::string name = fs::path(path).filename().string();
  if (const auto secret = secret_by_name(name)) {
    walk_.secrets.push_back({path, *secret});
    return;
  }
  try {
    std::optional<UniqueFd> fd = walk_.directory->open_file(path);
    if (!fd) {
      walk_.skipped.push_back({path, kLink});
      return;
    }
    std::string head;
    const Recognised seen = recognise_file(fd->get(), walk_.directory->root() / path);
    UniqueFd copy = copied_database(file, seen);
    const UniqueFd source = copy.valid() ? std::move(copy) : std::move(*fd);
    measure(file, source.get(), head, interrupt_);
    if (const auto secret = secret_by_content(name, head)) {
      walk_.secrets.push_back({path, *secret});
      return;
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo || !file.copy.empty() || interrupt_.requested()) throw;
    walk_.unreadable.push_back({path, error.what()});
    return;
  }
  walk_.files.push_back(std::move(file));
}

// Only one that a process has open: of a dead process its file and companions are the evidence.
UniqueFd Walk::copied_database(CaptureFile& file, const Recognised& seen) {
  const Beneath& directory = *walk_.directory;
  const fs::path named = directory.root() / file.path;
  const Database database = seen.format == nullptr ? Database::kNone : seen.format->database;
  const bool sqlite = database == Database::kSqlite;
  const bool lmdb = database == Database::kLmdb;
  const bool live = (sqlite && sqlite_in_use(named)) || (lmdb && lmdb_in_use(named));
  if (!live) return {};
  file.copy = walk_.scratch.emplace_back().path() / "copy";
  if (sqlite) {
    copy_live_sqlite_beneath(directory, file.path, file.copy);
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
      companions_.push_back(file.path + suffix);
    }
  } else {
    const std::optional<UniqueFd> source = directory.open_file(file.path);
    if (!source) throw Error(ErrorCode::kIo, named.string() + ": became a symbolic link");
    copy_lmdb_consistently(source->get(), file.copy, named.string());
    companions_.push_back(file.path + "-lock");
    companions_.push_back((fs::path(file.path).parent_path() / "lock.mdb").string());
  }
  return open_for_read(file.copy);
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

}  // namespace

CaptureWalk walk_for_capture(const fs::path& directory, const Interrupt& interrupt) {
  return Walk(directory, interrupt).run();
}

UniqueFd open_captured(const CaptureWalk& walk, const CaptureFile& file) {
  if (!file.copy.empty()) return open_for_read(file.copy);
  std::optional<UniqueFd> fd = walk.directory->open_file(file.path);
  if (fd) return std::move(*fd);
  throw Error(ErrorCode::kIo, printable(file.path, 300) +
                                  ": became a symbolic link while it was read; stop the node and "
                                  "capture again");
}

}  // namespace recrank
