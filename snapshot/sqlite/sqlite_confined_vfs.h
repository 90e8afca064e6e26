// A SQLite file layer for one database, which touches no file but that one and its companions.
//
// Why: a file may tell SQLite what to open and to remove. A hot journal names a super-journal by an
// absolute path, and after the rollback SQLite unlinks what lies there; of a database that is
// marked for a write-ahead log and has none, an ordinary reader makes one.
#pragma once

#include <memory>
#include <string>

namespace recrank {

enum class Confinement {
  kCompanions,  // a file of ours: its -journal, -wal and -shm are made, written and removed
  kReading,     // somebody else's, in use: its -wal is read, nothing is made, written or removed
};

struct ConfinedLayer;

// Registered with SQLite as long as it lives; must outlive its connection. One connection each.
class ConfinedVfs {
 public:
  explicit ConfinedVfs(Confinement confinement);
  ConfinedVfs(const ConfinedVfs&) = delete;
  ConfinedVfs& operator=(const ConfinedVfs&) = delete;
  ~ConfinedVfs();

  // For sqlite3_open_v2().
  [[nodiscard]] const char* name() const;

 private:
  std::unique_ptr<ConfinedLayer> layer_;
};

}  // namespace recrank
