#include "harness/shrink/ddmin.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

// Thrown inside the search only: it has to end, wherever it is.
struct Ended {
  DdminEnd end;
};

class Search {
 public:
  Search(const Probe& probe, const DdminOptions& options, ProbeMemory& memory)
      : probe_(probe), options_(options), memory_(memory) {}

  DdminResult run(size_t items) {
    result_.kept.resize(items);
    std::iota(result_.kept.begin(), result_.kept.end(), 0U);
    try {
      if (!first_that_holds({result_.kept})) return result_;
      result_.end = DdminEnd::kBudget;
      keep_a_tail();
      leave_out_chunks();
      result_.end = DdminEnd::kMinimal;
    } catch (const Ended& ended) {
      result_.end = ended.end;
    }
    return result_;
  }

 private:
  // Asks in the order given and stops behind the first that holds.
  std::optional<size_t> first_that_holds(const std::vector<Kept>& candidates) {
    for (size_t next = 0; next < candidates.size();) {
      const std::optional<ProbeAnswer> known = memory_.find(candidates[next]);
      if (!known) {
        ask(candidates, next);
        continue;  // it is known now
      }
      if (!asked_now_.contains(next)) ++result_.from_memory;
      if (*known == ProbeAnswer::kHolds) {
        asked_now_.clear();
        return next;
      }
      ++next;
    }
    asked_now_.clear();
    return std::nullopt;
  }

  // Asks those of the next candidates that are not known yet, as many as fit into one batch.
  void ask(const std::vector<Kept>& candidates, size_t next) {
    if (options_.out_of_time && options_.out_of_time()) throw Ended{DdminEnd::kBudget};
    if (memory_.size() >= options_.probes_max) throw Ended{DdminEnd::kBudget};
    const size_t room =
        std::min(std::max<size_t>(options_.batch, 1), options_.probes_max - memory_.size());
    std::vector<Kept> batch;
    std::vector<size_t> places;
    for (size_t i = next; i < candidates.size() && batch.size() < room; ++i) {
      const std::optional<ProbeAnswer> known = memory_.find(candidates[i]);
      if (known == ProbeAnswer::kHolds) break;  // what comes behind it cannot be taken
      const bool twice = std::find(batch.begin(), batch.end(), candidates[i]) != batch.end();
      if (known || twice) continue;
      batch.push_back(candidates[i]);
      places.push_back(i);
    }
    const auto answers = probe_(batch);
    bool complete = answers.size() == batch.size();
    for (size_t i = 0; i < std::min(answers.size(), batch.size()); ++i) {
      if (!answers[i]) {
        complete = false;
        continue;
      }
      memory_.add(batch[i], *answers[i]);
      asked_now_.insert(places[i]);
      ++result_.probes;
    }
    if (!complete) throw Ended{DdminEnd::kInterrupted};
  }

  void take(Kept better) {
    result_.kept = std::move(better);
    if (options_.on_better) options_.on_better(result_.kept);
  }

  void keep_a_tail() {
    const Kept& all = result_.kept;
    std::vector<Kept> tails;
    for (size_t length = 0; length < all.size(); length = length == 0 ? 1 : length * 2) {
      tails.emplace_back(all.end() - static_cast<ptrdiff_t>(length), all.end());
    }
    const auto found = first_that_holds(tails);
    if (found) take(std::move(tails[*found]));
  }

  [[nodiscard]] Kept without(size_t begin, size_t length) const {
    Kept rest = result_.kept;
    const auto from = rest.begin() + static_cast<ptrdiff_t>(begin);
    rest.erase(from, from + static_cast<ptrdiff_t>(std::min(length, rest.size() - begin)));
    return rest;
  }

  // One pass over the list; true when something could be left out.
  bool pass(size_t chunk) {
    bool smaller = false;
    size_t begin = 0;
    while (begin < result_.kept.size()) {
      std::vector<Kept> candidates;
      for (size_t at = begin; at < result_.kept.size(); at += chunk) {
        candidates.push_back(without(at, chunk));
        if (candidates.size() == std::max<size_t>(options_.batch, 1)) break;
      }
      const auto found = first_that_holds(candidates);
      if (found) {
        begin += *found * chunk;  // what followed the chunk now stands in its place
        take(std::move(candidates[*found]));
        smaller = true;
      } else {
        begin += candidates.size() * chunk;
      }
    }
    return smaller;
  }

  void leave_out_chunks() {
    size_t chunk = (result_.kept.size() + 1) / 2;
    while (chunk > 1) {
      pass(chunk);
      chunk = std::min((chunk + 1) / 2, (result_.kept.size() + 1) / 2);
    }
    while (!result_.kept.empty() && pass(1)) {
    }
  }

  const Probe& probe_;
  const DdminOptions& options_;
  ProbeMemory& memory_;
  DdminResult result_;
  std::set<size_t> asked_now_;  // places of the candidates at hand that were asked just now
};

}  // namespace

std::optional<ProbeAnswer> ProbeMemory::find(const Kept& kept) const {
  const auto found = answers_.find(kept_text(kept));
  if (found == answers_.end()) return std::nullopt;
  return found->second;
}

void ProbeMemory::add(const Kept& kept, ProbeAnswer answer) {
  answers_.emplace(kept_text(kept), answer);
}

std::string kept_text(const Kept& kept) {
  std::string text;
  for (size_t i = 0; i < kept.size();) {
    size_t last = i;
    while (last + 1 < kept.size() && kept[last + 1] == kept[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(kept[i]);
    if (last > i) text += '-' + std::to_string(kept[last]);
    i = last + 1;
  }
  return text;
}

std::optional<Kept> parse_kept(std::string_view text, size_t items) {
  Kept kept;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    if (comma != std::string_view::npos && comma + 1 == text.size()) return std::nullopt;
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const size_t dash = word.find('-');
    const auto first = parse_uint(word.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_uint(word.substr(dash + 1));
    if (!first || !last || *first > *last || *last >= items) return std::nullopt;
    if (!kept.empty() && *first <= kept.back()) return std::nullopt;
    for (uint64_t i = *first; i <= *last; ++i) kept.push_back(static_cast<uint32_t>(i));
  }
  return kept;
}

DdminResult minimise(size_t items, const Probe& probe, const DdminOptions& options,
                     ProbeMemory& memory) {
  if (items > kItemsMax) {
    throw Error(ErrorCode::kUnsupported, "a history of more than " + format_count(kItemsMax) +
                                             " steps is not shrunk; begin nearer with --from");
  }
  return Search(probe, options, memory).run(items);
}

}  // namespace recrank
