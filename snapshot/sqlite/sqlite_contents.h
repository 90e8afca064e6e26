// What a SQLite file holds, before it is opened and after.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "snapshot/sqlite/sqlite_db.h"

namespace recrank {

// Whether a file that begins so is one.
[[nodiscard]] bool looks_like_sqlite(std::string_view head);

// Whether the text of the CREATE statements speaks of `table`: in the first pages of the file and
// of its -wal, without opening the database. A look, not a proof: the reader checks the schema.
// Throws kIo.
[[nodiscard]] bool sqlite_speaks_of(const std::filesystem::path& file, std::string_view table);

// The plain columns of a plain table; empty when there is no such table. Views, virtual tables and
// computed columns would run code out of the file and count as absent.
[[nodiscard]] std::set<std::string, std::less<>> columns_of(const SqliteDb& db,
                                                            std::string_view table);

}  // namespace recrank
