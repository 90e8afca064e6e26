// Delta debugging: the smallest part of a list that still shows a finding.
//
// Items are numbered from 0; a candidate is the sorted list of the items that it keeps. What a
// candidate shows is asked of a Probe, several candidates at a time, so that they can run side by
// side. Of a batch the first candidate, in the order asked, that holds is taken: the answers
// decide, never the time at which they come. Nothing here runs a process or prints.
//
// Order of the search, made for histories whose beginning mostly does not matter:
//   1. all items (unless nothing holds there, nothing is looked for);
//   2. the last 0, 1, 2, 4, 8, … items;
//   3. without one chunk after the other, the chunks halved from pass to pass;
//   4. without one item after the other, until no single item can be left out.
// 4 makes the result 1-minimal for any predicate, monotone or not: leaving out any one item was
// asked, and did not hold. It does not mean that no smaller subset exists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

enum class ProbeAnswer {
  kHolds,    // the finding is there
  kFails,    // it is not
  kUnknown,  // it cannot be told; counts as kFails
};

using Kept = std::vector<uint32_t>;              // sorted, each once
inline constexpr size_t kItemsMax = 10'000'000;  // a longer list is refused with kUnsupported

// The same candidate is never asked twice. An answer of nullopt: it was not looked at
// (interrupted); the search then ends, and what was answered before it in the batch is kept.
using Probe = std::function<std::vector<std::optional<ProbeAnswer>>(const std::vector<Kept>&)>;

// What has been asked so far. Export it, import it into a new search of the same list and
// predicate, and that search goes on where the first one ended, with nothing asked again. One
// thread.
class ProbeMemory {
 public:
  [[nodiscard]] std::optional<ProbeAnswer> find(const Kept& kept) const;
  void add(const Kept& kept, ProbeAnswer answer);
  [[nodiscard]] size_t size() const { return answers_.size(); }
  // By the text of the candidate, "0-3,7"; "" keeps nothing.
  [[nodiscard]] const std::map<std::string, ProbeAnswer>& answers() const { return answers_; }

 private:
  std::map<std::string, ProbeAnswer> answers_;
};

// "0-3,7" and back. nullopt for text that is no sorted list of numbers below `items`.
[[nodiscard]] std::string kept_text(const Kept& kept);
[[nodiscard]] std::optional<Kept> parse_kept(std::string_view text, size_t items);

struct DdminOptions {
  size_t batch = 1;         // candidates asked at a time; does not change the result
  size_t probes_max = 500;  // answers in `memory` count too, so that a bound holds for the whole
  // Told when a smaller candidate was found.
  std::function<void(const Kept&)> on_better;
  // Asked before each batch; true ends the search as out of budget.
  std::function<bool()> out_of_time;
};

enum class DdminEnd {
  kMinimal,      // no single item can be left out
  kBudget,       // probes_max or out_of_time: the best so far
  kInterrupted,  // a probe was not answered: the best so far
  kNotThere,     // all items together do not show the finding
};

struct DdminResult {
  DdminEnd end = DdminEnd::kNotThere;
  Kept kept;               // all items when kNotThere
  size_t probes = 0;       // that were asked in this search
  size_t from_memory = 0;  // answers that were already there, each counted once per use
};

// `memory` is read and added to.
[[nodiscard]] DdminResult minimise(size_t items, const Probe& probe, const DdminOptions& options,
                                   ProbeMemory& memory);

}  // namespace recrank
