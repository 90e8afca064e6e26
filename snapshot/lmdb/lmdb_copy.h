// Consistent copies of LMDB files, also of one that a running process writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace recrank {

struct LmdbCopy {
  uint64_t txnid = 0;             // the transaction that the copy holds
  uint64_t bytes = 0;             // its size; less on disk, where the source is sparse
  bool live = false;              // another process had the database open
  bool used_reader_slot = false;  // liblmdb made the copy and announced itself in the lock file
};

// True when another process has the database open: it then holds a lock on lock.mdb (or
// <file>-lock) beside it. Only asks, takes no lock. Also true when the lock file cannot be read.
// Not for a database that this process itself has open with locks: POSIX drops them.
[[nodiscard]] bool lmdb_in_use(const std::filesystem::path& file);

// Copies the newest committed transaction of `source`; `destination` appears whole or not at all,
// sparse where the source is, and has passed check_lmdb(). A source with one damaged meta page
// gives a copy with two good ones. Nothing in or beside the source changes, unless a writer commits
// so fast that several tries fail: then liblmdb copies with a reader slot in the existing lock
// file. `shown` names the source in errors; empty: its path. Throws kInvalidData for damage, kIo
// for the machine or when no consistent copy can be had.
LmdbCopy copy_lmdb_consistently(const std::filesystem::path& source,
                                const std::filesystem::path& destination,
                                const std::string& shown = {});
// The same of a file that is open already; liblmdb, which opens by name, is never asked.
void copy_lmdb_consistently(int source, const std::filesystem::path& destination,
                            const std::string& shown);

}  // namespace recrank
