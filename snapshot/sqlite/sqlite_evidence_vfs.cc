#include "snapshot/sqlite/sqlite_evidence_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "base/error.h"
#include "snapshot/sqlite/sqlite_beneath.h"

namespace recrank {
namespace {

constexpr const char* kName = "recrank-evidence";

// Regions of the index of a write-ahead log, made as SQLite asks for them and freed with the file.
// SQLite asks for 32 KiB per 4096 frames, so this grows with the log (0.2 % of it).
struct WalIndex {
  std::vector<std::unique_ptr<char[]>> regions;
};

// SQLite allocates szOsFile bytes, zeroed, and calls no constructor; xClose frees what is inside.
struct EvidenceFile {
  sqlite3_file base;
  int fd;           // -1: the file does not exist and reads as empty
  WalIndex* index;  // nullptr until the first xShmMap
};

EvidenceFile* self(sqlite3_file* file) { return reinterpret_cast<EvidenceFile*>(file); }

int close_file(sqlite3_file* file) {
  EvidenceFile* evidence = self(file);
  if (evidence->fd >= 0) ::close(evidence->fd);
  delete evidence->index;
  evidence->index = nullptr;
  evidence->fd = -1;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  const int fd = self(file)->fd;
  auto* out = static_cast<char*>(data);
  auto left = static_cast<size_t>(size);
  while (left > 0 && fd >= 0) {
    const ssize_t got = ::pread(fd, out, left, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SQLITE_IOERR_READ;
    if (got == 0) break;
    out += got;
    offset += got;
    left -= static_cast<size_t>(got);
  }
  if (left == 0) return SQLITE_OK;
  std::memset(out, 0, left);  // SQLite relies on it
  return SQLITE_IOERR_SHORT_READ;
}

int file_size_of(sqlite3_file* file, sqlite3_int64* size) {
  *size = 0;
  if (self(file)->fd < 0) return SQLITE_OK;
  struct stat status {};
  if (::fstat(self(file)->fd, &status) != 0) return SQLITE_IOERR_FSTAT;
  *size = status.st_size;
  return SQLITE_OK;
}

// Nothing may be written; SQLite has no reason to try on a read-only connection.
int refuse_write(sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; }
int refuse_truncate(sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; }
int sync_nothing(sqlite3_file*, int) { return SQLITE_OK; }

// Nobody else is there (sqlite_copy.h looks first), so every lock is granted and none is taken.
int grant_lock(sqlite3_file*, int) { return SQLITE_OK; }
int no_reserved_lock(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int no_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int no_sector_size(sqlite3_file*) { return 0; }
int no_characteristics(sqlite3_file*) { return 0; }

int map_index(sqlite3_file* file, int region, int size, int, void volatile** out) {
  EvidenceFile* evidence = self(file);
  *out = nullptr;
  try {
    if (evidence->index == nullptr) evidence->index = new WalIndex;
    auto& regions = evidence->index->regions;
    while (regions.size() <= static_cast<size_t>(region)) {
      regions.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
    }
    *out = regions[static_cast<size_t>(region)].get();
    return SQLITE_OK;
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
}
int grant_index_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void index_barrier(sqlite3_file*) {}
int unmap_index(sqlite3_file* file, int) {
  delete self(file)->index;
  self(file)->index = nullptr;
  return SQLITE_OK;
}

// Version 2: with a shared index (for the write-ahead log), without memory mapping of the database.
const sqlite3_io_methods kMethods = {
    2,
    close_file,
    read_file,
    refuse_write,
    refuse_truncate,
    sync_nothing,
    file_size_of,
    grant_lock,
    grant_lock,
    no_reserved_lock,
    no_control,
    no_sector_size,
    no_characteristics,
    map_index,
    grant_index_lock,
    index_barrier,
    unmap_index,
    nullptr,
    nullptr,
};

int open_read_only(const char* name) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  int fd = open_for_sqlite(name, kFlags | O_NOATIME, 0);
  // O_NOATIME is for the owner of the file; others leave the access time to the mount options.
  if (fd < 0 && errno == EPERM) fd = open_for_sqlite(name, kFlags, 0);
  return fd;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  EvidenceFile* evidence = self(file);
  evidence->base.pMethods = nullptr;  // no xClose after a failure
  evidence->fd = -1;
  evidence->index = nullptr;
  const bool main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  const bool wal = (flags & SQLITE_OPEN_WAL) != 0;
  if (name == nullptr || (!main && !wal)) return SQLITE_CANTOPEN;  // temporary files: in memory
  const int fd = open_read_only(name);
  if (fd < 0 && !(wal && errno == ENOENT)) return SQLITE_CANTOPEN;
  if (fd >= 0) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(fd);
      return SQLITE_CANTOPEN;
    }
  }
  evidence->fd = fd;
  evidence->base.pMethods = &kMethods;
  if (out_flags != nullptr) {
    *out_flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
  }
  return SQLITE_OK;
}

int delete_nothing(sqlite3_vfs*, const char*, int) { return SQLITE_OK; }

int access_file(sqlite3_vfs*, const char* name, int flags, int* out) {
  const size_t length = std::strlen(name);
  constexpr const char* kJournal = "-journal";
  const bool journal = length >= 8 && std::strcmp(name + length - 8, kJournal) == 0;
  *out = 0;
  if (flags == SQLITE_ACCESS_READWRITE || journal) return SQLITE_OK;
  *out = ::access(name, flags == SQLITE_ACCESS_EXISTS ? F_OK : R_OK) == 0 ? 1 : 0;
  return SQLITE_OK;
}

// All that has nothing to do with files is passed on to the system's own layer.
sqlite3_vfs* system_vfs() { return sqlite3_vfs_find(nullptr); }

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  return system_vfs()->xFullPathname(system_vfs(), name, size, out);
}
int random_bytes(sqlite3_vfs*, int size, char* out) {
  return system_vfs()->xRandomness(system_vfs(), size, out);
}
int sleep_for(sqlite3_vfs*, int microseconds) {
  return system_vfs()->xSleep(system_vfs(), microseconds);
}
int current_time(sqlite3_vfs*, double* out) {
  return system_vfs()->xCurrentTime(system_vfs(), out);
}
int last_error(sqlite3_vfs*, int, char*) { return errno; }

sqlite3_vfs make_vfs() {
  sqlite3_vfs vfs{};
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(EvidenceFile);
  vfs.mxPathname = system_vfs()->mxPathname;
  vfs.zName = kName;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_nothing;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = random_bytes;
  vfs.xSleep = sleep_for;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  return vfs;
}

}  // namespace

const char* evidence_vfs_name() {
  static std::once_flag once;
  static sqlite3_vfs vfs;  // SQLite keeps the pointer for the life of the program
  std::call_once(once, [] {
    const int initialized = sqlite3_initialize();
    if (initialized != SQLITE_OK) {
      throw Error(ErrorCode::kUnsupported, "sqlite3_initialize failed");
    }
    vfs = make_vfs();
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
      throw Error(ErrorCode::kUnsupported, "sqlite3_vfs_register failed");
    }
  });
  return kName;
}

}  // namespace recrank
