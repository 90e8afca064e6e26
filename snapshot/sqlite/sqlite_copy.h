// How a SQLite database is to be read without harm: in place, or from a consistent copy.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/beneath.h"
#include "base/scratch_dir.h"

namespace recrank {

// True when somebody (another process, or an ordinary connection of this one) holds a lock on the
// database or on its -shm, or has the database open for writing. The probe itself takes no lock. It
// is a look, not a guard: who starts a node on the evidence afterwards is on his own.
[[nodiscard]] bool sqlite_in_use(const std::filesystem::path& path);

// A database that can be opened with SqliteAccess::kEvidence, as often as wanted.
struct SqliteEvidence {
  std::filesystem::path path;         // the file itself, or a copy of it in `scratch`
  std::optional<ScratchDir> scratch;  // holds the copy; must live as long as connections to it
  std::string note;                   // why there is a copy; empty for the file itself
};

// A dead database is used in place; one in use is copied first, one with a hot journal is copied
// and rolled back there. The given file and its neighbours stay as they are.
[[nodiscard]] SqliteEvidence prepare_sqlite_evidence(const std::filesystem::path& path);

// Writes a consistent copy of `source` to `destination`: one file, no write-ahead log, checked by
// PRAGMA quick_check, complete or not there. A database in use is read through an ordinary
// connection that neither merges nor removes its -wal; the copy is the state of one commit.
// kUsage when `destination` exists already.
void copy_sqlite_consistently(const std::filesystem::path& source,
                              const std::filesystem::path& destination);

// The same of a database in use that lies at `path` in a directory in which somebody may be
// changing things: no link leads elsewhere. The directory of `destination` must be ours.
void copy_live_sqlite_beneath(const Beneath& directory, const std::filesystem::path& path,
                              const std::filesystem::path& destination);

}  // namespace recrank
