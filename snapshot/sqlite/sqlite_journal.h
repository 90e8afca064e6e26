// The rollback journal that SQLite keeps beside a database while a transaction is under way.
// Format: docs/formats/swingset-2024.md, "A rollback journal"
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace recrank {

[[nodiscard]] std::filesystem::path journal_of(const std::filesystem::path& database);

// True when a -journal lies beside the database that was not rolled back yet: the database file
// alone is then in the middle of a transaction.
[[nodiscard]] bool has_hot_journal(const std::filesystem::path& database);

// What the end of a journal names when its transaction ran over several databases: the file that
// was there until all of them were committed.
struct SuperJournal {
  std::string name;        // an absolute path of the machine that wrote it: untrusted
  uint64_t record_at = 0;  // where that record begins; it is the last of the journal
};
[[nodiscard]] std::optional<SuperJournal> super_journal_of(const std::filesystem::path& journal);

// Copies a database that is in the middle of a transaction to `to`, with its journal as far as it
// is about this database, so that the first reader of the copy rolls back and needs no other file.
// kInvalidData where it cannot be told from what lies there whether the transaction was committed.
void copy_with_hot_journal(const std::filesystem::path& database, const std::filesystem::path& to);

}  // namespace recrank
