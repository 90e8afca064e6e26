// A SQLite file layer that opens evidence in place and leaves no trace.
//
// Why an own one: "mode=ro" leaves a -shm file beside the database, and "immutable=1" silently
// ignores a non-empty -wal, that is, the last transactions before the crash.
#pragma once

namespace recrank {

// Registers the layer at the first call (from any thread) and gives its name for sqlite3_open_v2.
//
// It reads the main database and its -wal, both O_RDONLY (and O_NOATIME where the system permits);
// the index of the -wal lives in memory of the connection; nothing is locked, written, made or
// removed. A -journal is taken as absent: who opens a database first asks has_hot_journal().
[[nodiscard]] const char* evidence_vfs_name();

}  // namespace recrank
