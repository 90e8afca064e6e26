// Lines by which programs say that they die, begin and end, as one table of rules.
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
  kFatal,    // it says that it cannot go on
  kWorker,   // it says how a process of its own died
  kPerhaps,  // an error that is the cause of an end that follows, and nothing without one
  kStarted,  // a life begins
  kEnded,    // a life ends as it should
};

// A line belongs to a rule when it holds `needle`; with `at_begin`, when it begins with it.
struct WordsRule {
  std::string_view system;
  WordsKind kind;
  std::string_view needle;
  bool at_begin;
  std::string_view name;    // of what happened; of kPerhaps empty
  std::string_view before;  // what is told of the line ends here; empty: its end
};
[[nodiscard]] std::span<const WordsRule> words_rules();

struct Words {
  const WordsRule* rule;
  std::string
      told;  // what stands behind the needle, without what differs between runs; may be empty
};
// The first rule that fits `text` (log_line.h).
[[nodiscard]] std::optional<Words> find_words(std::string_view text);

}  // namespace recrank
