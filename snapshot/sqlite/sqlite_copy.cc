#include "snapshot/sqlite/sqlite_copy.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <mutex>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "snapshot/sqlite/sqlite_beneath.h"
#include "snapshot/sqlite/sqlite_db.h"
#include "snapshot/sqlite/sqlite_journal.h"

namespace recrank {
namespace {

// Lock bytes: sqlite.org/fileformat2.html#the_lock_byte_page and walformat.html#wal_locks.
constexpr off_t kPendingByte = 0x40000000;
constexpr off_t kMainLockBytes = 512;  // pending, reserved, 510 shared
constexpr off_t kShmFirstLock = 120;
constexpr off_t kShmLockBytes = 9;  // eight of the log, one "dead man's switch"

// POSIX drops all locks of a process on a file when any of its descriptors is closed: a probe must
// not run while another thread reads the same live database through ordinary locks.
std::mutex& live_access_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::filesystem::path beside(const std::filesystem::path& path, const char* suffix) {
  return path.string() + suffix;
}

// Through a symbolic link the -wal and -shm lie beside the file, not beside the link.
std::filesystem::path real_path(const std::filesystem::path& path) {
  std::error_code unreadable;
  std::filesystem::path real = std::filesystem::canonical(path, unreadable);
  if (unreadable) throw_errno("cannot open " + path.string(), unreadable.value());
  return real;
}

bool is_locked(const std::filesystem::path& path, off_t start, off_t length) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return false;  // absent, or unreadable: then opening it fails with its reason
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  // The open-file-description form also meets locks of this very process.
  return ::fcntl(fd.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// True when any process has the file open for writing, even if it holds no lock just now: a read
// lease is refused then (fcntl(2), F_SETLEASE). Only the owner of a file may ask for one; for
// others the locks must do.
bool is_open_for_writing(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return false;
  // Who opens the file within these microseconds makes the kernel send us a signal; SIGIO would end
  // the program, SIGURG does nothing. The lease is given back at once, so nobody waits for it.
  if (::fcntl(fd.get(), F_SETSIG, SIGURG) != 0) return false;
  if (::fcntl(fd.get(), F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  ::fcntl(fd.get(), F_SETLEASE, F_UNLCK);
  return false;
}

void backup(const SqliteDb& from, const SqliteDb& to) {
  sqlite3_backup* job = sqlite3_backup_init(to.get(), "main", from.get(), "main");
  if (job == nullptr) {
    throw_sqlite(sqlite3_errcode(to.get()), "sqlite3_backup_init", from.shown_name(), to.get());
  }
  const int stepped = sqlite3_backup_step(job, -1);  // all pages within one read transaction
  sqlite3_backup_finish(job);
  if (stepped != SQLITE_DONE) {
    // The text of the code: finish() has already cleared the connection's own message.
    throw_sqlite(stepped, "sqlite3_backup_step", from.shown_name(), nullptr);
  }
}

void require_sound(const SqliteDb& db, const std::string& shown_name) {
  Statement check(db, "PRAGMA quick_check(1)");
  if (!check.step() || check.text(0) != "ok") {
    throw Error(ErrorCode::kInvalidData,
                shown_name + ": PRAGMA quick_check: " + printable(check.text(0), 300));
  }
}

// Copies through `access` into the empty file `destination` and makes a plain database of it.
void copy_into(const std::filesystem::path& source, const std::string& shown_name,
               SqliteAccess access, const std::filesystem::path& destination) {
  {
    const SqliteDb from(source, shown_name, access);
    const SqliteDb to(destination, destination.string(), SqliteAccess::kScratch);
    to.execute("PRAGMA journal_mode=MEMORY");
    backup(from, to);
  }
  // Page 1 came along with its mark "uses a write-ahead log", under which any reader would make
  // files beside the copy. A new connection, because the mark is read when a database is opened.
  const SqliteDb copy(destination, shown_name, SqliteAccess::kScratch);
  copy.execute("PRAGMA journal_mode=DELETE");
  require_sound(copy, shown_name);
}

// Marked for a write-ahead log that is not there. Who changes such a database makes the log first.
bool lacks_its_log(const std::filesystem::path& path) {
  std::error_code absent;
  if (std::filesystem::exists(beside(path, "-wal"), absent)) return false;
  constexpr uint64_t kReadVersionAt =
      19;  // sqlite.org/fileformat2.html#file_format_version_numbers
  char version = 0;
  return read_some_at(open_for_read(path).get(), &version, 1, kReadVersionAt, path.string()) == 1 &&
         version == 2;
}

void copy_live(const std::filesystem::path& source, const std::string& shown_name,
               const std::filesystem::path& destination) {
  const std::lock_guard lock(live_access_mutex());
  if (lacks_its_log(source)) {
    // An ordinary reader would make the log. Without one what lies there is one commit, unless a
    // log came to be meanwhile.
    copy_into(source, shown_name, SqliteAccess::kEvidence, destination);
    if (lacks_its_log(source)) return;
  }
  copy_into(source, shown_name, SqliteAccess::kLive, destination);
}

SqliteEvidence rolled_back_copy(const std::filesystem::path& path) {
  SqliteEvidence evidence;
  evidence.path = evidence.scratch.emplace().path() / "rolled-back.sqlite";
  copy_with_hot_journal(path, evidence.path);
  const SqliteDb db(evidence.path, path.string(), SqliteAccess::kScratch);
  db.execute("SELECT count(*) FROM sqlite_schema");  // the first read rolls back
  evidence.note =
      "a transaction was under way when the machine stopped (-journal): read from a "
      "copy in which it is rolled back";
  return evidence;
}

SqliteEvidence live_copy(const std::filesystem::path& path) {
  SqliteEvidence evidence;
  evidence.path = evidence.scratch.emplace().path() / "live-copy.sqlite";
  copy_live(path, path.string(), evidence.path);
  evidence.note = "in use by a running process: read from a consistent copy";
  return evidence;
}

// Whatever SQLite may have put beside the temporary file while an error struck.
struct LeftoverRemover {
  std::filesystem::path path;
  ~LeftoverRemover() {
    std::error_code ignored;
    for (const char* suffix : {"-journal", "-wal", "-shm"}) {
      std::filesystem::remove(beside(path, suffix), ignored);
    }
  }
};

}  // namespace

bool sqlite_in_use(const std::filesystem::path& path) {
  const std::lock_guard lock(live_access_mutex());
  return is_locked(path, kPendingByte, kMainLockBytes) ||
         is_locked(beside(path, "-shm"), kShmFirstLock, kShmLockBytes) || is_open_for_writing(path);
}

SqliteEvidence prepare_sqlite_evidence(const std::filesystem::path& path) {
  const std::filesystem::path real = real_path(path);
  if (sqlite_in_use(real)) return live_copy(real);
  if (has_hot_journal(real)) return rolled_back_copy(real);
  SqliteEvidence in_place;
  in_place.path = real;
  return in_place;
}

void copy_sqlite_consistently(const std::filesystem::path& source,
                              const std::filesystem::path& destination) {
  if (std::filesystem::exists(std::filesystem::symlink_status(destination))) {
    throw Error(ErrorCode::kUsage, destination.string() + " exists already");
  }
  const std::filesystem::path real = real_path(source);
  AtomicFile file(destination);
  const LeftoverRemover leftovers{file.temporary_path()};
  if (sqlite_in_use(real)) {
    copy_live(real, source.string(), file.temporary_path());
  } else {
    const SqliteEvidence evidence = prepare_sqlite_evidence(source);
    copy_into(evidence.path, source.string(), SqliteAccess::kEvidence, file.temporary_path());
  }
  file.commit_as_new();
}

void copy_live_sqlite_beneath(const Beneath& directory, const std::filesystem::path& path,
                              const std::filesystem::path& destination) {
  const SqliteBeneath held(directory, destination.parent_path());
  AtomicFile file(destination);
  const LeftoverRemover leftovers{file.temporary_path()};
  copy_live(held.name_of(path), (directory.root() / path).string(), file.temporary_path());
  file.commit();
}

}  // namespace recrank
