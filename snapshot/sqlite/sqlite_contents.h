// What a SQLite file holds: the one place that tells the databases of different systems apart.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "snapshot/sqlite/sqlite_db.h"

namespace recrank {

enum class SqliteContents {
  kSwingstore,     // table transcriptItems
  kLedgerHeaders,  // table ledgerheaders: a Stellar node
  kOther,
};

// By the text of the CREATE statements in the first pages of the file and of its -wal, without
// opening the database. A look, not a proof: the reader checks the schema. Throws kIo.
[[nodiscard]] SqliteContents sqlite_contents(const std::filesystem::path& file);

// The plain columns of a plain table; empty when there is no such table. Views, virtual tables and
// computed columns would run code out of the file and count as absent.
[[nodiscard]] std::set<std::string, std::less<>> columns_of(const SqliteDb& db,
                                                            std::string_view table);

}  // namespace recrank
