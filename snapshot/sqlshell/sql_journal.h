// Reads a journal of the sqlite3 shell: statements, each with the checksum of what the shell
// printed for it. Format: docs/formats/sqlshell.md
#pragma once

#include <string_view>

#include "snapshot/format.h"

namespace recrank::sqlshell {

// How recordings, engines and reports call it.
inline constexpr std::string_view kDialect = "sqlite3-shell";
// The fact of a step: sha256 of the bytes that the shell printed for its statement.
inline constexpr std::string_view kOutputSha256 = "output_sha256";

// Opens in one pass, keeping the place of each line. A torn last line counts for nothing; at any
// other damaged line the history is cut, and verify() and steps() name it (kInvalidData).
extern const Format kJournalFormat;

}  // namespace recrank::sqlshell
