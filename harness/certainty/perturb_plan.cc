#include "harness/certainty/perturb_plan.h"

#include <algorithm>
#include <optional>

namespace recrank {
namespace {

constexpr size_t kListedMax = 64;     // places in one list: each costs a heap of megabytes
constexpr uint64_t kPlacesFirst = 8;  // of every:N in the first round; twice as many in the next
constexpr uint64_t kRoundsDenser = 3;

// splitmix64: the same numbers everywhere, which the standard's distributions do not promise.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Below `end`, which is not 0. The bias of a remainder does no harm here.
  uint64_t below(uint64_t end) { return next() % end; }

 private:
  uint64_t state_;
};

std::vector<uint64_t> spread(const std::vector<uint64_t>& all) {
  if (all.size() <= kListedMax) return all;
  std::vector<uint64_t> some;
  for (size_t i = 0; i < kListedMax; ++i) some.push_back(all[i * all.size() / kListedMax]);
  return some;
}

std::string listed(const StepSchedule& schedule) {
  if (schedule.every == 1) return "every step";
  if (schedule.every != 0) return "every " + std::to_string(schedule.every) + " steps";
  constexpr size_t kShown = 3;
  const std::vector<uint64_t>& steps = schedule.steps;
  std::string text = steps.size() == 1 ? "step" : "steps";
  for (size_t i = 0; i < std::min(steps.size(), kShown); ++i) {
    text += (i == 0 ? " " : ", ") + std::to_string(steps[i]);
  }
  if (steps.size() > kShown) text += " and " + std::to_string(steps.size() - kShown) + " more";
  return text;
}

std::string describe(const Perturbation& perturbation, const HarmlessOption& option) {
  std::string text;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  for (const NamedText& each : perturbation.options.all()) {
    add(std::string(option.words) + " " + each.text + " " + std::string(option.unit));
  }
  if (!perturbation.write_heap_after.empty()) {
    add("heap written after " + listed(perturbation.write_heap_after));
  }
  if (!perturbation.reload_after.empty()) add("reload after " + listed(perturbation.reload_after));
  return text;
}

class Planner {
 public:
  Planner(const PerturbFacts& facts, uint64_t seed, const CompareOptions& compare)
      : facts_(facts), compare_(compare), random_(seed) {}

  std::vector<Variation> plan(size_t count) {
    std::vector<Variation> plan;
    if (!facts_.can.any()) return plan;
    // Without an option to fall back on there are only so many different ones.
    constexpr uint64_t kTurnsMax = 100'000;
    for (uint64_t turn = 0; plan.size() < count && turn < kTurnsMax; ++turn) {
      Perturbation candidate = make(turn % kKinds, turn / kKinds);
      keep_what_can_be_done(candidate);
      while (has_option() && (candidate.empty() || known(plan, candidate))) {
        set_option(candidate, any_value());
      }
      if (!candidate.empty() && !known(plan, candidate)) plan.push_back(variation(candidate));
    }
    return plan;
  }

 private:
  static constexpr uint64_t kKinds = 8;

  [[nodiscard]] bool has_option() const { return !facts_.can.option.name.empty(); }
  void set_option(Perturbation& made, uint64_t value) const {
    if (has_option()) made.options.set(facts_.can.option.name, std::to_string(value));
  }
  void keep_what_can_be_done(Perturbation& made) const {
    if (!facts_.can.writes_state) made.write_heap_after = {};
    if (!facts_.can.reloads) made.reload_after = {};
  }

  Perturbation make(uint64_t kind, uint64_t round) {
    Perturbation made;
    switch (kind) {
      case 0: set_option(made, value(round)); break;
      case 1: made.reload_after.steps = reload_places(round); break;
      case 2: made.write_heap_after.every = every(round); break;
      case 3: made.reload_after.steps = before_last(1 + round, 1); break;
      case 4: made.write_heap_after.steps = before_last(3, 1 + round); break;
      case 5: made.reload_after.every = every(round); break;
      case 6:
        made.write_heap_after.steps = round == 0 ? spread(facts_.rest) : some_of(facts_.rest);
        set_option(made, value(round + 1));
        break;
      default:
        made.write_heap_after.every = every(round + 1);
        made.reload_after.steps = some_of(facts_.rest);
        set_option(made, value(round + 2));
    }
    return made;
  }

  // Every n-th step, so that it comes about 8, 16, 32, … times.
  uint64_t every(uint64_t round) const {
    const uint64_t length = facts_.last - facts_.range.begin;
    const uint64_t places = kPlacesFirst << std::min(round, kRoundsDenser);
    return std::max<uint64_t>(1, length / places);
  }

  // `count` steps in a row, of which the last is `back` before the last step.
  std::vector<uint64_t> before_last(uint64_t count, uint64_t back) const {
    std::vector<uint64_t> steps;
    for (uint64_t i = back + count; i-- > back;) {
      if (facts_.last >= i && facts_.last - i >= facts_.range.begin)
        steps.push_back(facts_.last - i);
    }
    return steps;
  }

  std::vector<uint64_t> reload_places(uint64_t round) {
    const std::vector<uint64_t>& all = facts_.saved.empty() ? facts_.rest : facts_.saved;
    return round == 0 ? spread(all) : some_of(facts_.rest);
  }

  // Each with one chance in two; at least one.
  std::vector<uint64_t> some_of(const std::vector<uint64_t>& all) {
    std::vector<uint64_t> some;
    if (all.empty()) return some;
    for (const uint64_t step : all) {
      if (random_.below(2) == 0) some.push_back(step);
    }
    if (some.empty()) some.push_back(all[random_.below(all.size())]);
    return spread(some);
  }

  uint64_t value(uint64_t round) {
    const auto& first = facts_.can.option.first;
    return round < first.size() ? first[round] : any_value();
  }
  uint64_t any_value() {
    const HarmlessOption& option = facts_.can.option;
    if (option.choices == 0) return option.least;
    return option.least + option.step * (1 + random_.below(option.choices));
  }

  static bool known(const std::vector<Variation>& plan, const Perturbation& candidate) {
    return std::any_of(plan.begin(), plan.end(),
                       [&](const Variation& v) { return v.perturbation == candidate; });
  }

  [[nodiscard]] bool rests(const StepSchedule& schedule) const {
    return schedule.every == 0 && std::includes(facts_.rest.begin(), facts_.rest.end(),
                                                schedule.steps.begin(), schedule.steps.end());
  }

  Variation variation(const Perturbation& perturbation) const {
    CompareOptions compare = compare_;
    const bool at_rest = rests(perturbation.write_heap_after) && rests(perturbation.reload_after);
    if (!at_rest) compare.computrons = false;
    if (!at_rest || !perturbation.options.empty()) compare.snapshots = false;
    return {describe(perturbation, facts_.can.option), perturbation, compare};
  }

  const PerturbFacts& facts_;
  const CompareOptions& compare_;
  Random random_;
};

}  // namespace

std::vector<Variation> plan_variations(const PerturbFacts& facts, size_t count, uint64_t seed,
                                       const CompareOptions& compare) {
  return Planner(facts, seed, compare).plan(count);
}

PerturbFacts perturb_facts(const Recording& recording, const std::string& subject_id,
                           StepRange range, uint64_t last) {
  const Dialect& dialect = dialect_of(recording);
  PerturbFacts facts{range, last, {}, {}, dialect.variations()};
  const auto stream = recording.steps(subject_id, {range.begin, std::max(range.begin, last)});
  Step step;
  while (stream->next(step)) {
    if (dialect.at_rest(step)) facts.rest.push_back(step.number);
    if (step.kind == StepKind::kSaveSnapshot) facts.saved.push_back(step.number);
  }
  return facts;
}

}  // namespace recrank
