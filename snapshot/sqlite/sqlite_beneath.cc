#include "snapshot/sqlite/sqlite_beneath.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

thread_local const SqliteBeneath* confined = nullptr;

// Where `name` lies below `directory`; empty: not there.
fs::path below(const fs::path& directory, const fs::path& name) {
  fs::path relative = name.lexically_relative(directory);
  return relative.empty() || *relative.begin() == ".." || *relative.begin() == "." ? fs::path()
                                                                                   : relative;
}

void hold_the_systems_layer() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_vfs* system = sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find("unix") : nullptr;
    const bool held =
        system != nullptr && system->iVersion >= 3 &&
        system->xSetSystemCall(system, "open",
                               reinterpret_cast<sqlite3_syscall_ptr>(open_for_sqlite)) == SQLITE_OK;
    if (!held) throw Error(ErrorCode::kUnsupported, "SQLite does not let its files be held");
  });
}

}  // namespace

SqliteBeneath::SqliteBeneath(const Beneath& directory, fs::path scratch)
    : directory_(directory), scratch_(std::move(scratch)) {
  RECRANK_CHECK(confined == nullptr);
  // SQLite resolves links before it opens, so names have to be held against what it then has.
  std::error_code failed;
  root_ = fs::canonical(directory.root(), failed);
  if (!failed) scratch_ = fs::canonical(scratch_, failed);
  if (failed) throw_errno("cannot open " + directory.root().string(), failed.value());
  hold_the_systems_layer();
  confined = this;
}

SqliteBeneath::~SqliteBeneath() { confined = nullptr; }

fs::path SqliteBeneath::name_of(const fs::path& path) const { return root_ / path; }

int SqliteBeneath::open(const fs::path& name, int flags, int mode) const {
  if (name == "/dev/urandom") return ::open(name.c_str(), flags);
  if (const fs::path path = below(root_, name); !path.empty()) {
    if ((flags & (O_CREAT | O_ACCMODE)) == O_RDONLY) return directory_.open(path, flags);
    errno = EROFS;
    return -1;
  }
  if (!below(scratch_, name).empty()) return ::open(name.c_str(), flags, mode);
  errno = ELOOP;
  return -1;
}

int open_for_sqlite(const char* name, int flags, int mode) {
  if (confined != nullptr) return confined->open(name, flags, mode);
  return ::open(name, flags, mode);
}

}  // namespace recrank
