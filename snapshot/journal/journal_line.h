// One line of a journal. Format: docs/formats/journal.md
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recrank::program {

inline constexpr std::string_view kJournalSchema = "recrank.journal/1";

enum class JournalForm {
  kBare,    // each line is an event
  kHeader,  // the first line says what it is; each later one holds an event and perhaps an answer
};

struct JournalHeader {
  std::string subject;                                     // empty: not said
  std::vector<std::pair<std::string, std::string>> facts;  // its other strings; bounded
};

// Slices of the line.
struct JournalEvent {
  std::string_view event;
  std::string_view answer;  // empty: nothing is expected
  std::string_view calls;   // JSON array, for journal_calls.h; empty: none are recorded
};

// Both throw kInvalidData for a line that is none, without its place. `line` is without its '\n'.
[[nodiscard]] JournalHeader read_journal_header(std::string_view line);
[[nodiscard]] JournalEvent read_journal_line(std::string_view line, JournalForm form);

// Whether the first line of a file is a header; never throws.
[[nodiscard]] bool is_journal_header(std::string_view line);

}  // namespace recrank::program
