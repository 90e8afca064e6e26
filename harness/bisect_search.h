// The search over an ordered list: which entries to test next, and what the answers come to. Pure:
// no engines, no clock, no printing.
//
// Places are numbered from the end that is claimed to be good (0) to the one that is claimed to be
// bad. Whoever looks for a mend numbers his list from its far end.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/bisect_rule.h"

namespace recrank {

// By place; nullopt: not tested.
using KnownWords = std::vector<std::optional<ProbeWord>>;

// Tests these places, side by side if it can. One word for each; fewer: it was interrupted.
using BisectProbe = std::function<std::vector<ProbeWord>(const std::vector<size_t>&)>;

// Two places that differ, with nothing told between them.
struct Transition {
  size_t from = 0;
  size_t to = 0;                // from < to
  bool to_bad = true;           // else from bad to good
  std::vector<size_t> untold;   // between them: skipped, other, not tested
};

enum class SearchEnd {
  kFound,         // one change, from good to bad
  kBothGood,      // both ends are good
  kBothBad,
  kReversed,      // the good end is bad and the bad end is good
  kBackAndForth,  // more than one change was seen
  kUntold,        // an end, or everything, tells nothing
  kInterrupted,
};
[[nodiscard]] std::string_view to_string(SearchEnd end);

struct SearchResult {
  SearchEnd end = SearchEnd::kUntold;
  bool scanned = false;  // every place was tested
  KnownWords words;
  std::vector<Transition> transitions;  // in the order of the list
};

// The ends first, the bad one before the good one. Then between a good and a bad place up to `jobs`
// places at once that cut the rest into equal parts; a place that tells nothing is passed over for
// its nearest neighbour. When the ends are not as claimed, or the answers go back and forth, or with
// `scan`, every place is tested. `size` is at least 2.
[[nodiscard]] SearchResult bisect_search(size_t size, size_t jobs, bool scan, const BisectProbe& probe);

// The changes between told places, in their order.
[[nodiscard]] std::vector<Transition> transitions_of(const KnownWords& words);

}  // namespace recrank
