#include "snapshot/sqlite/sqlite_confined_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <string_view>

#include "base/error.h"

namespace recrank {

struct ConfinedLayer {
  Confinement confinement;
  sqlite3_vfs* system;  // does all the work
  std::string name;
  std::string database;  // as SQLite calls it, once it is open
  sqlite3_vfs vfs{};

  [[nodiscard]] bool is_companion(std::string_view file) const {
    return !database.empty() && (file == database + "-journal" || file == database + "-wal");
  }
};

namespace {

constexpr int kForWriting = SQLITE_OPEN_CREATE | SQLITE_OPEN_READWRITE;

ConfinedLayer& layer_of(sqlite3_vfs* vfs) { return *static_cast<ConfinedLayer*>(vfs->pAppData); }

int confined_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  ConfinedLayer& layer = layer_of(vfs);
  file->pMethods = nullptr;               // no xClose after a failure
  const bool nameless = name == nullptr;  // a temporary file, gone when it is closed
  const bool main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  if (main && layer.database.empty()) layer.database = name;
  if (!nameless && layer.database != name && !layer.is_companion(name)) return SQLITE_CANTOPEN;
  if (layer.confinement == Confinement::kReading && !nameless) {
    flags = (flags & ~kForWriting) | SQLITE_OPEN_READONLY;
  }
  return layer.system->xOpen(layer.system, name, file, flags, out);
}

int confined_delete(sqlite3_vfs* vfs, const char* name, int sync) {
  const ConfinedLayer& layer = layer_of(vfs);
  const bool ours = layer.confinement == Confinement::kCompanions && layer.is_companion(name);
  return ours ? layer.system->xDelete(layer.system, name, sync) : SQLITE_IOERR_DELETE;
}

// Of another file not even whether it is there: what a journal means would hang on it.
int confined_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  const ConfinedLayer& layer = layer_of(vfs);
  *out = 0;
  if (layer.database != name && !layer.is_companion(name)) return SQLITE_IOERR_ACCESS;
  return layer.system->xAccess(layer.system, name, flags, out);
}

int full_name(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  sqlite3_vfs* system = layer_of(vfs).system;
  return system->xFullPathname(system, name, size, out);
}
int some_randomness(sqlite3_vfs* vfs, int size, char* out) {
  sqlite3_vfs* system = layer_of(vfs).system;
  return system->xRandomness(system, size, out);
}
int wait_for(sqlite3_vfs* vfs, int microseconds) {
  sqlite3_vfs* system = layer_of(vfs).system;
  return system->xSleep(system, microseconds);
}
int time_now(sqlite3_vfs* vfs, double* out) {
  sqlite3_vfs* system = layer_of(vfs).system;
  return system->xCurrentTime(system, out);
}
int errno_of_last(sqlite3_vfs*, int, char*) { return errno; }

}  // namespace

ConfinedVfs::ConfinedVfs(Confinement confinement) {
  static std::atomic<uint64_t> count{0};
  const int initialized = sqlite3_initialize();
  if (initialized != SQLITE_OK) {
    throw Error(ErrorCode::kUnsupported, "sqlite3_initialize failed");
  }
  layer_.reset(new ConfinedLayer{confinement,
                                 sqlite3_vfs_find(nullptr),
                                 "recrank-confined-" + std::to_string(++count),
                                 "",
                                 {}});
  sqlite3_vfs& vfs = layer_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = layer_->system->szOsFile;
  vfs.mxPathname = layer_->system->mxPathname;
  vfs.zName = layer_->name.c_str();
  vfs.pAppData = layer_.get();
  vfs.xOpen = confined_open;
  vfs.xDelete = confined_delete;
  vfs.xAccess = confined_access;
  vfs.xFullPathname = full_name;
  vfs.xRandomness = some_randomness;
  vfs.xSleep = wait_for;
  vfs.xCurrentTime = time_now;
  vfs.xGetLastError = errno_of_last;
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
    throw Error(ErrorCode::kUnsupported, "sqlite3_vfs_register failed");
  }
}

ConfinedVfs::~ConfinedVfs() { sqlite3_vfs_unregister(&layer_->vfs); }

const char* ConfinedVfs::name() const { return layer_->name.c_str(); }

}  // namespace recrank
