// Lines by which programs say that they die, begin, end, or came to other hashes than their
// network, as one table of rules.
//
// What needs more than its line (a native crash of Bun, an uncaught error, a panic of Rust) has a
// reader of its own: bun_report.h, js_death.h, triage.h. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace recrank {

enum class WordsKind {
  kFatal,     // it says that it cannot go on
  kWorker,    // it says how a process of its own died
  kPerhaps,   // an error that is the cause of an end that follows, and nothing without one
  kMismatch,  // it computed another hash than its network or archive, and may live on
  kStarted,   // a life begins
  kEnded,     // a life ends as it should
};

// A line belongs to a rule when it begins with `begin` and holds `needle` behind that.
struct WordsRule {
  std::string_view system;
  WordsKind kind;
  std::string_view begin;  // empty: it may stand anywhere
  std::string_view needle;
  std::string_view name;    // of what happened; of kPerhaps empty
  std::string_view before;  // what is told behind the needle ends here; empty: its end
  // Of a line that is logged as a message with fields, "… error=disk full ledger_seq=5": the one
  // that tells more, or "-" for none. Empty: it has no fields.
  std::string_view field;
};
[[nodiscard]] std::span<const WordsRule> words_rules();

struct Words {
  const WordsRule* rule;
  std::string told;    // without what differs between runs; may be empty
  std::string height;  // kMismatch: of the ledger, as the line has it; empty: it does not say
};
// The first rule that fits `text` (log_line.h).
[[nodiscard]] std::optional<Words> find_words(std::string_view text);

}  // namespace recrank
