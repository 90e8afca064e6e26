#include "harness/bisect_search.h"

#include <algorithm>

namespace recrank {
namespace {

bool is_told(const std::optional<ProbeWord>& word) {
  return word == ProbeWord::kGood || word == ProbeWord::kBad;
}

class Search {
 public:
  Search(size_t size, size_t jobs, const BisectProbe& probe)
      : jobs_(std::max<size_t>(1, jobs)), probe_(probe), words_(size) {}

  SearchResult run(bool scan) {
    bool going = ask({words_.size() - 1}) && ask({0});
    const bool as_claimed = words_.front() == ProbeWord::kGood && words_.back() == ProbeWord::kBad;
    while (going && !scan && as_claimed) {
      const std::vector<size_t> next = next_places();
      if (next.empty()) break;
      going = ask(next);
    }
    const bool back_and_forth = transitions_of(words_).size() > 1;
    if (going && (scan || !as_claimed || back_and_forth)) going = ask_all();
    return result(going);
  }

 private:
  // False: interrupted.
  bool ask(const std::vector<size_t>& places) {
    const std::vector<ProbeWord> answers = probe_(places);
    for (size_t i = 0; i < answers.size(); ++i) words_[places[i]] = answers[i];
    return answers.size() == places.size();
  }

  bool ask_all() {
    std::vector<size_t> batch;
    for (size_t place = 0; place < words_.size(); ++place) {
      if (!words_[place]) batch.push_back(place);
      const bool last = place + 1 == words_.size();
      if (batch.empty() || (batch.size() < jobs_ && !last)) continue;
      if (!ask(batch)) return false;
      batch.clear();
    }
    return true;
  }

  // Those that cut the gap between the last good and the first bad place into equal parts; empty when
  // nothing is left to test there, or when the answers contradict each other.
  [[nodiscard]] std::vector<size_t> next_places() const {
    const std::vector<Transition> changes = transitions_of(words_);
    if (changes.size() != 1) return {};
    const Transition& gap = changes.front();
    std::vector<size_t> open;
    for (const size_t place : gap.untold) {
      if (!words_[place]) open.push_back(place);
    }
    std::vector<size_t> chosen;
    for (size_t k = 1; k <= jobs_ && !open.empty(); ++k) {
      const size_t wanted = gap.from + (gap.to - gap.from) * k / (jobs_ + 1);
      const auto distance = [&](size_t place) { return place > wanted ? place - wanted : wanted - place; };
      const auto nearest = std::min_element(
          open.begin(), open.end(), [&](size_t a, size_t b) { return distance(a) < distance(b); });
      chosen.push_back(*nearest);
      open.erase(nearest);
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

  [[nodiscard]] SearchResult result(bool finished) const {
    SearchResult result;
    result.words = words_;
    result.scanned = std::all_of(words_.begin(), words_.end(), [](const auto& w) { return w.has_value(); });
    result.transitions = transitions_of(words_);
    result.end = finished ? end_of(result.transitions) : SearchEnd::kInterrupted;
    return result;
  }

  [[nodiscard]] SearchEnd end_of(const std::vector<Transition>& changes) const {
    if (!is_told(words_.front()) || !is_told(words_.back())) return SearchEnd::kUntold;
    if (changes.size() == 1 && changes.front().to_bad) return SearchEnd::kFound;
    if (changes.size() == 1) return SearchEnd::kReversed;
    const bool same_ends = words_.front() == words_.back();
    if (!same_ends) return SearchEnd::kBackAndForth;
    return words_.front() == ProbeWord::kGood ? SearchEnd::kBothGood : SearchEnd::kBothBad;
  }

  size_t jobs_;
  const BisectProbe& probe_;
  KnownWords words_;
};

}  // namespace

std::string_view to_string(SearchEnd end) {
  switch (end) {
    case SearchEnd::kFound: return "found";
    case SearchEnd::kBothGood: return "both ends good";
    case SearchEnd::kBothBad: return "both ends bad";
    case SearchEnd::kReversed: return "ends reversed";
    case SearchEnd::kBackAndForth: return "back and forth";
    case SearchEnd::kUntold: return "not told";
    case SearchEnd::kInterrupted: return "interrupted";
  }
  return "unknown";
}

SearchResult bisect_search(size_t size, size_t jobs, bool scan, const BisectProbe& probe) {
  return Search(size, jobs, probe).run(scan);
}

std::vector<Transition> transitions_of(const KnownWords& words) {
  std::vector<Transition> changes;
  std::optional<size_t> last;
  for (size_t place = 0; place < words.size(); ++place) {
    if (!is_told(words[place])) continue;
    if (last && words[*last] != words[place]) {
      Transition change{*last, place, words[place] == ProbeWord::kBad, {}};
      for (size_t between = *last + 1; between < place; ++between) change.untold.push_back(between);
      changes.push_back(std::move(change));
    }
    last = place;
  }
  return changes;
}

}  // namespace recrank
