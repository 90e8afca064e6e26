#include "replay/triage/death_words.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "replay/crash/steady_words.h"

namespace recrank {
namespace {

// Sources. henyey: the macros by which it logs, at 6883e8e1. montana: what its node wrote.
// swingset:
// @agoric/swingset-vat kernel.js, @agoric/xsnap xsnap.js. "panic: " is Go's, and Bun's in a thread
// without a name.
constexpr std::array kRules{
    WordsRule{"dispatch", WordsKind::kFatal, "Fatal boot error: ", "", "fatal boot error", "", ""},
    WordsRule{"dispatch", WordsKind::kStarted, "Dispatch booted", "", "", "", ""},
    WordsRule{"henyey", WordsKind::kFatal, "", "WATCHDOG: Auto-aborting", "watchdog abort",
              " stale_secs=", ""},
    WordsRule{"henyey", WordsKind::kFatal, "", "Fatal persist failure, aborting", "persist failure",
              "", "error"},
    WordsRule{"henyey", WordsKind::kFatal, "", "Persist task panicked", "persist task panicked", "",
              "error"},
    WordsRule{"henyey", WordsKind::kFatal, "", "Fatal: metadata output stream write failed",
              "metadata output stream write failed", "", "error"},
    WordsRule{"henyey", WordsKind::kFatal, "", "Fatal: metadata stream write failed during catchup",
              "metadata stream write failed during catchup", "", "error"},
    WordsRule{"henyey", WordsKind::kFatal, "", "Fatal: metadata writer channel failed",
              "metadata writer channel failed", "", "error"},
    WordsRule{"henyey", WordsKind::kFatal, "", "Fatal: meta writer channel closed during catchup",
              "metadata writer channel closed during catchup", "", "-"},
    WordsRule{"henyey", WordsKind::kFatal, "", "FATAL: unrecoverable local state failure",
              "unrecoverable local state", " Node will shut down", "-"},
    WordsRule{"henyey", WordsKind::kFatal, "", "FATAL: Invariant ", "invariant", " on operation",
              "-"},
    WordsRule{"henyey", WordsKind::kFatal, "", "FATAL: sync recovery manager panicked",
              "sync recovery manager panicked", "", "panic_message"},
    WordsRule{"henyey", WordsKind::kFatal, "", "FATAL: ledger protocol version is outside",
              "ledger protocol version is not supported", "", "version"},
    WordsRule{"henyey", WordsKind::kFatal, "", "Node stopped with error", "node stopped", "",
              "error"},
    WordsRule{"henyey", WordsKind::kStarted, "", "Starting henyey node", "", "", ""},
    WordsRule{"henyey", WordsKind::kEnded, "", "Node stopped gracefully", "", "", ""},
    WordsRule{"montana", WordsKind::kStarted, "=== montana-node start ", "", "", "", ""},
    WordsRule{"montana", WordsKind::kEnded, "--- session ended ---", "", "", "", ""},
    WordsRule{"swingset", WordsKind::kFatal, "", "##### KERNEL PANIC: ", "kernel panic", " #####",
              ""},
    WordsRule{"swingset", WordsKind::kWorker, "", " exited due to signal ", "worker died by", "",
              ""},
    WordsRule{"any", WordsKind::kPerhaps, "error: ", "", "", "", ""},
    WordsRule{"any", WordsKind::kPerhaps, "Error: ", "", "", "", ""},
    WordsRule{"any", WordsKind::kPerhaps, "panic: ", "", "", "", ""},
    WordsRule{"henyey", WordsKind::kMismatch, "",
              "Hash mismatch - our computed header hash differs", "header hash mismatch", "", "-"},
    WordsRule{"henyey", WordsKind::kMismatch, "", "is_hash_mismatch=true", "header hash mismatch",
              "", "-"},
    WordsRule{"henyey", WordsKind::kMismatch, "", "Bucket list hash mismatch",
              "bucket list hash mismatch", "", "-"},
    WordsRule{"henyey", WordsKind::kMismatch, "", "Buffered tx set hash mismatch",
              "tx set hash mismatch", "", "-"},
    WordsRule{"henyey", WordsKind::kMismatch, "",
              "verification hash mismatch: ", "verification hash mismatch", " at ledger ", "-"},
    WordsRule{"henyey", WordsKind::kMismatch, "  Ledger ",
              ": close_ledger failed: ledger hash mismatch", "ledger hash mismatch", "", "-"},
    WordsRule{"henyey", WordsKind::kMismatch, "  Ledger ", ": MISMATCH", "ledger hash mismatch", "",
              "-"},
};

bool is_name_of_field(char c) { return (c >= 'a' && c <= 'z') || c == '_' || is_digit(c); }

// Where the first " name=" of `text` stands at or behind `from`; its size: there is none.
size_t find_field(std::string_view text, size_t from) {
  for (size_t blank = text.find(' ', from); blank < text.size();
       blank = text.find(' ', blank + 1)) {
    const auto name = text.substr(blank + 1);
    const size_t size = static_cast<size_t>(
        std::find_if_not(name.begin(), name.end(), is_name_of_field) - name.begin());
    if (size > 0 && size < name.size() && name[size] == '=') return blank;
  }
  return text.size();
}

// "disk full" of " error=disk full ledger_seq=5"; a value may hold blanks, and quotes around it.
std::string_view field_of(std::string_view text, std::string_view name) {
  for (size_t at = find_field(text, 0); at < text.size(); at = find_field(text, at + 1)) {
    const std::string_view field = text.substr(at + 1);
    if (!field.starts_with(name) || field[name.size()] != '=') continue;
    const size_t begin = at + 1 + name.size() + 1;
    return text.substr(begin, find_field(text, begin) - begin);
  }
  return {};
}

// JSON and text forms of one line differ in the quotes.
std::string without_quotes(std::string_view text) {
  std::string bare(text);
  bare.erase(std::remove(bare.begin(), bare.end(), '"'), bare.end());
  return bare;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('.')) text.remove_suffix(1);
  return text;
}

std::string told_of(const WordsRule& rule, std::string_view text, size_t behind_needle) {
  std::string_view told = text.substr(behind_needle);
  if (!rule.before.empty()) told = told.substr(0, told.find(rule.before));
  if (rule.field.empty()) return steady_words(trimmed(told));
  told =
      trimmed(rule.field == "-" ? told.substr(0, find_field(told, 0)) : field_of(text, rule.field));
  return steady_words(without_quotes(told));
}

// "62415630" of "close_seq=62415630", "ledger_seq=…", "  Ledger 62415630: …", "at ledger …".
std::string height_of(std::string_view text) {
  for (const std::string_view name : {"close_seq=", "ledger_seq=", "Ledger ", "ledger "}) {
    const size_t at = text.find(name);
    if (at == std::string_view::npos) continue;
    const std::string_view digits = text.substr(at + name.size());
    const auto* const end = std::find_if_not(digits.begin(), digits.end(), is_digit);
    if (end != digits.begin()) return std::string(digits.begin(), end);
  }
  return "";
}

}  // namespace

std::span<const WordsRule> words_rules() { return kRules; }

std::optional<Words> find_words(std::string_view text) {
  for (const WordsRule& rule : kRules) {
    if (!text.starts_with(rule.begin)) continue;
    const size_t at = text.find(rule.needle, rule.begin.size());
    if (at == std::string_view::npos) continue;
    const bool mismatch = rule.kind == WordsKind::kMismatch;
    // Of a mismatch the hashes stand behind the needle.
    const bool tells = !mismatch || !rule.before.empty();
    return Words{&rule, tells ? told_of(rule, text, at + rule.needle.size()) : "",
                 mismatch ? height_of(text) : ""};
  }
  return std::nullopt;
}

}  // namespace recrank
