#include "harness/bisect/bisect_search.h"

#include <algorithm>

namespace recrank {
namespace {

bool is_told(const std::optional<EngineAnswer>& answer) {
  return answer == EngineAnswer::kGood || answer == EngineAnswer::kBad;
}

EngineAnswer first_claimed(const BisectOptions& options) {
  return options.find_fix ? EngineAnswer::kBad : EngineAnswer::kGood;
}

size_t count_told(const EngineAnswers& answers) {
  return static_cast<size_t>(std::count_if(answers.begin(), answers.end(), is_told));
}

std::vector<size_t> unasked(const EngineAnswers& answers, size_t begin, size_t end) {
  std::vector<size_t> indices;
  for (size_t i = begin; i < end; ++i) {
    if (!answers[i]) indices.push_back(i);
  }
  return indices;
}

// The first engine from one side that is told, with what has to be asked to know it.
struct End {
  std::optional<size_t> told;
  std::optional<size_t> ask;
};

End look_from(const EngineAnswers& answers, bool from_the_front) {
  for (size_t k = 0; k < answers.size(); ++k) {
    const size_t i = from_the_front ? k : answers.size() - 1 - k;
    if (!answers[i]) return {std::nullopt, i};
    if (is_told(answers[i])) return {i, std::nullopt};
  }
  return {};
}

std::vector<size_t> missing_ends(const EngineAnswers& answers, size_t jobs) {
  // The bad end was asked before: the finding comes from there.
  const End front = look_from(answers, true);
  const End back = look_from(answers, false);
  std::vector<size_t> indices;
  if (front.ask) indices.push_back(*front.ask);
  if (back.ask && back.ask != front.ask) indices.push_back(*back.ask);
  if (indices.size() > jobs) indices.resize(jobs);
  return indices;
}

// Of `open` those nearest to the places that cut (low, high) into equal parts.
std::vector<size_t> spread(const std::vector<size_t>& open, size_t low, size_t high, size_t count) {
  std::vector<size_t> chosen;
  const size_t parts = std::min(count, open.size()) + 1;
  for (size_t k = 1; k < parts; ++k) {
    const size_t target = low + (high - low) * k / parts;
    std::optional<size_t> nearest;
    for (const size_t i : open) {
      if (std::find(chosen.begin(), chosen.end(), i) != chosen.end()) continue;
      const auto distance = [&](size_t x) { return x < target ? target - x : x - target; };
      if (!nearest || distance(i) < distance(*nearest)) nearest = i;
    }
    chosen.push_back(*nearest);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<Transition> transitions_of(const EngineAnswers& answers) {
  std::vector<Transition> found;
  std::optional<size_t> last;
  std::vector<size_t> between;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) continue;
    if (!is_told(answers[i])) {
      between.push_back(i);
      continue;
    }
    if (last && answers[*last] != answers[i]) {
      found.push_back({*last, i, answers[i] == EngineAnswer::kBad, between});
    }
    last = i;
    between.clear();
  }
  return found;
}

}  // namespace

bool must_scan(const EngineAnswers& answers, const BisectOptions& options) {
  if (options.scan) return true;
  const std::vector<Transition> changes = transitions_of(answers);
  if (changes.size() > 1) return true;
  if (changes.size() == 1) return answers[changes.front().before] != first_claimed(options);
  const End front = look_from(answers, true);
  const End back = look_from(answers, false);
  return front.told && back.told && answers.size() > 2;  // both ends are alike
}

std::vector<size_t> next_engines(const EngineAnswers& answers, const BisectOptions& options) {
  const size_t jobs = std::max<size_t>(1, options.jobs);
  if (must_scan(answers, options)) {
    std::vector<size_t> all = unasked(answers, 0, answers.size());
    if (all.size() > jobs) all.resize(jobs);
    return all;
  }
  if (std::vector<size_t> ends = missing_ends(answers, jobs); !ends.empty()) return ends;
  const std::vector<Transition> changes = transitions_of(answers);
  if (changes.empty()) return {};
  const auto [low, high] = std::pair(changes.front().before, changes.front().after);
  return spread(unasked(answers, low + 1, high), low, high, jobs);
}

BisectFound judge_answers(const EngineAnswers& answers, const BisectOptions& options) {
  BisectFound found;
  if (count_told(answers) == 0) return found;
  found.transitions = transitions_of(answers);
  const End front = look_from(answers, true);
  if (found.transitions.empty()) {
    const bool proven = is_told(answers.front()) && is_told(answers.back());
    const auto told = std::find_if(answers.begin(), answers.end(), is_told);
    const BisectEnd alike = *told == EngineAnswer::kGood ? BisectEnd::kAllGood : BisectEnd::kAllBad;
    found.end = proven ? alike : BisectEnd::kNotDecided;
  } else if (found.transitions.size() > 1) {
    found.end = BisectEnd::kBackAndForth;
  } else {
    const bool as_claimed = front.told && answers[*front.told] == first_claimed(options);
    found.end = as_claimed ? BisectEnd::kChange : BisectEnd::kReversed;
  }
  return found;
}

}  // namespace recrank
