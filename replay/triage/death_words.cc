#include "replay/triage/death_words.h"

#include <array>

#include "replay/crash/steady_words.h"

namespace recrank {
namespace {

// Sources. henyey: its log macros and quoted logs. montana: what its node wrote. swingset:
// @agoric/swingset-vat kernel.js, @agoric/xsnap xsnap.js.
constexpr std::array kRules{
    WordsRule{"dispatch", WordsKind::kFatal, "Fatal boot error: ", true, "fatal boot error", ""},
    WordsRule{"dispatch", WordsKind::kStarted, "Dispatch booted", true, "", ""},
    WordsRule{"henyey", WordsKind::kFatal, "WATCHDOG: Auto-aborting", false, "watchdog abort",
              "stale_secs="},
    WordsRule{"henyey", WordsKind::kFatal, "Fatal persist failure, aborting ", false,
              "persist failure", ""},
    WordsRule{"henyey", WordsKind::kFatal, "FATAL: unrecoverable local state failure", false,
              "unrecoverable local state", "fatal_wipe_required"},
    WordsRule{"henyey", WordsKind::kFatal, "FATAL: invariant ", false, "invariant", " invariant="},
    WordsRule{"henyey", WordsKind::kFatal, "Node stopped with error error=", false, "node stopped",
              ""},
    WordsRule{"henyey", WordsKind::kStarted, "Starting henyey node ", false, "", ""},
    WordsRule{"henyey", WordsKind::kEnded, "Node stopped gracefully", false, "", ""},
    WordsRule{"montana", WordsKind::kStarted, "=== montana-node start ", true, "", ""},
    WordsRule{"montana", WordsKind::kEnded, "--- session ended ---", true, "", ""},
    WordsRule{"swingset", WordsKind::kFatal, "##### KERNEL PANIC: ", false, "kernel panic",
              " #####"},
    WordsRule{"swingset", WordsKind::kWorker, " exited due to signal ", false, "worker died by",
              ""},
    WordsRule{"any", WordsKind::kPerhaps, "error: ", true, "", ""},
    WordsRule{"any", WordsKind::kPerhaps, "Error: ", true, "", ""},
};

}  // namespace

std::span<const WordsRule> words_rules() { return kRules; }

std::optional<Words> find_words(std::string_view text) {
  for (const WordsRule& rule : kRules) {
    const size_t at = text.find(rule.needle);
    if (at == std::string_view::npos || (rule.at_begin && at != 0)) continue;
    std::string_view told = text.substr(at + rule.needle.size());
    if (!rule.before.empty()) told = told.substr(0, told.find(rule.before));
    while (told.starts_with(' ')) told.remove_prefix(1);
    while (told.ends_with(' ')) told.remove_suffix(1);
    return Words{&rule, steady_words(told)};
  }
  return std::nullopt;
}

}  // namespace recrank
