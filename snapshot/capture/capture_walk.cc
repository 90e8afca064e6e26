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
#include "base/text.h"
#include "snapshot/capture/secret_copies.h"
#include "snapshot/lmdb/lmdb_copy.h"
#include "snapshot/open/recognise.h"
#include "snapshot/secrets/secrets.h"
#include "snapshot/sqlite/sqlite_copy.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 64;
constexpr size_t kFilesMax = 1'000'000;

constexpr const char* kKeyName = "its name is one of keys and secrets";
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

// What a replay may need, and what tells of a crash: it must not be lost for a word in it. A large
// text of no known form is a log rather than a configuration.
bool is_evidence(const Recognised& seen, const std::string& name, std::string_view head,
                 uint64_t bytes) {
  return seen.format != nullptr || is_log_name(name) || may_be_evidence(name, head) ||
         (bytes > kSecretHeadBytes && !is_configuration(name));
}

class Walk {
 public:
  Walk(const fs::path& root, bool leave_out_suspects, const Interrupt& interrupt)
      : leave_out_suspects_(leave_out_suspects), interrupt_(interrupt) {
    walk_.directory = std::make_shared<Beneath>(root);
  }

  CaptureWalk run() {
    list("", 0);
    std::sort(paths_.begin(), paths_.end());
    for (const std::string& path : paths_) take(path);
    drop_companions();
    drop_copies_of_secrets();
    const auto by_path = [](const PassedOver& a, const PassedOver& b) { return a.path < b.path; };
    std::stable_sort(walk_.secrets.begin(), walk_.secrets.end(), by_path);
    std::stable_sort(walk_.suspects.begin(), walk_.suspects.end(), by_path);
    return std::move(walk_);
  }

 private:
  void list(const std::string& prefix, int depth);
  void list_one(int directory, const std::string& name, const std::string& path, int depth);
  void take(const std::string& path);
  UniqueFd copied_database(CaptureFile& file, const Recognised& seen);
  void drop_companions();
  void drop_copies_of_secrets();
  // Whether the file stays.
  bool stays(const PassedOver& found, bool evidence);
  void stop_if_asked() const {
    if (interrupt_.requested()) throw Error(ErrorCode::kIo, "interrupted: nothing was captured");
  }

  bool leave_out_suspects_;
  const Interrupt& interrupt_;
  std::vector<std::string> paths_;
  bool in_secret_ = false;                 // what is being listed lies below one that is left out
  std::vector<std::string> secret_files_;  // left out, also those below a directory that is
  std::vector<std::string> companions_;    // of databases that were copied
  CaptureWalk walk_;
};

void Walk::list(const std::string& prefix, int depth) {
  stop_if_asked();
  const std::string shown = prefix.empty() ? "." : prefix;
  try {
    std::optional<UniqueFd> directory = walk_.directory->open_directory(prefix);
    if (!directory) {
      if (!in_secret_) walk_.skipped.push_back({shown, kLink});
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
    if (!in_secret_) walk_.unreadable.push_back({shown, error.what()});
  }
}

void Walk::list_one(int directory, const std::string& name, const std::string& path, int depth) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    walk_.unreadable.push_back({path, std::generic_category().message(errno)});
  } else if (S_ISDIR(status.st_mode)) {
    const bool outer = in_secret_;
    const auto rule = outer ? std::nullopt : secret_directory(name);
    if (rule) walk_.secrets.push_back({path, "its name is one of directories with keys", *rule});
    in_secret_ = outer || rule.has_value();
    if (depth < kDepthMax) list(path, depth + 1);
    else if (!in_secret_) walk_.unreadable.push_back({path, "nested too deeply"});
    in_secret_ = outer;
  } else if (in_secret_) {
    if (S_ISREG(status.st_mode)) secret_files_.push_back(path);
  } else if (S_ISREG(status.st_mode)) {
    paths_.push_back(path);
  } else {
    walk_.skipped.push_back({path, S_ISLNK(status.st_mode) ? kLink : "no regular file"});
  }
  if (paths_.size() + secret_files_.size() > kFilesMax) {
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
  const auto by_name = secret_by_name(name);
  if (by_name && by_name->certain) {
    (void)stays({path, kKeyName, by_name->rule}, false);
    return;
  }
  try {
    std::optional<UniqueFd> fd = walk_.directory->open_file(path);
    if (!fd) {
      walk_.skipped.push_back({path, kLink});
      return;
    }
    const Recognised seen = recognise_file(fd->get(), walk_.directory->root() / path);
    UniqueFd copy = copied_database(file, seen);
    const UniqueFd source = copy.valid() ? std::move(copy) : std::move(*fd);
    const std::string head = measure(file, source.get(), kSecretHeadBytes, interrupt_);
    file.evidence = is_evidence(seen, name, head, file.bytes);
    if (const auto found = secret_by_content(name, head, file.evidence)) {
      if (!stays({path, found->why, found->rule, found->line}, file.evidence)) return;
    } else if (by_name && !stays({path, kKeyName, by_name->rule}, file.evidence)) {
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
  const auto dropped = [&](const auto& each) {
    return std::find(companions_.begin(), companions_.end(), each.path) != companions_.end();
  };
  std::erase_if(walk_.suspects, dropped);
  std::erase_if(walk_.files, [&](const CaptureFile& file) {
    if (!dropped(file)) return false;
    walk_.skipped.push_back({file.path, "its database was in use and was copied consistently"});
    return true;
  });
}

bool Walk::stays(const PassedOver& found, bool evidence) {
  if (evidence && !leave_out_suspects_) {
    walk_.suspects.push_back(found);
    return true;
  }
  if (evidence) ++walk_.evidence_left_out;
  walk_.secrets.push_back(found);
  secret_files_.push_back(found.path);
  return false;
}

// A second name of a file that was left out, or an equal one: by whatever name, it is the same key.
void Walk::drop_copies_of_secrets() {
  const SecretCopies copies(*walk_.directory, secret_files_, interrupt_);
  for (CaptureFile& file : std::exchange(walk_.files, {})) {
    stop_if_asked();
    const auto equal = copies.equal_to(file);
    if (equal && !stays({file.path, "it equals " + *equal, "equal-to-a-secret"}, file.evidence)) {
      continue;
    }
    walk_.files.push_back(std::move(file));
  }
}

}  // namespace

CaptureWalk walk_for_capture(const fs::path& directory, bool leave_out_suspects,
                             const Interrupt& interrupt) {
  return Walk(directory, leave_out_suspects, interrupt).run();
}

}  // namespace recrank
