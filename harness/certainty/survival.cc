#include "harness/certainty/survival.h"

#include <utility>

namespace recrank {
namespace {

// The reload after a quarter of it, the heap after half: time for a later collection to come.
constexpr uint64_t kStretchLeast = 4;

Variation probing(const Variations& can, StepRange stretch, const CompareOptions& compare) {
  const uint64_t length = stretch.end - stretch.begin;
  Variation made;
  made.compare = compare;
  made.compare.computrons = made.compare.snapshots = false;
  Perturbation& perturbation = made.perturbation;
  if (can.reloads) perturbation.reload_after.steps = {stretch.begin + length / 4};
  if (can.writes_state) perturbation.write_heap_after.steps = {stretch.begin + length / 2};
  if (!can.option.name.empty()) {
    const uint64_t value = can.option.first.empty() ? can.option.least : can.option.first.front();
    perturbation.options.set(can.option.name, std::to_string(value));
  }
  return made;
}

// One kind of change, with what it is called and how it is taken out.
struct Kind {
  std::string name;
  Variations alone;
  void (*drop)(Variations&);
};

std::vector<Kind> kinds_of(const Variations& can) {
  std::vector<Kind> kinds;
  if (can.writes_state) {
    kinds.push_back(
        {"extra heaps", {.writes_state = true}, [](Variations& v) { v.writes_state = false; }});
  }
  if (can.reloads) {
    kinds.push_back({"reloads", {.reloads = true}, [](Variations& v) { v.reloads = false; }});
  }
  if (!can.option.name.empty()) {
    kinds.push_back({"another " + std::string(can.option.words),
                     {.option = can.option},
                     [](Variations& v) { v.option = {}; }});
  }
  return kinds;
}

}  // namespace

StepRange survival_stretch(const PerturbFacts& facts, bool hunted_is_known) {
  const uint64_t length = facts.last - facts.range.begin;
  return {facts.range.begin, facts.range.begin + (hunted_is_known ? length : length / 2)};
}

Survival what_it_survives(const PerturbFacts& facts, StepRange stretch,
                          const CompareOptions& compare, const SurvivalProbe& probe) {
  Survival survival{facts.can, {}, 0};
  if (!facts.can.any() || stretch.end < stretch.begin + kStretchLeast) return survival;
  const auto ask = [&](const Variations& can) {
    ++survival.runs;
    return probe(probing(can, stretch, compare));
  };
  const std::optional<std::string> together = ask(facts.can);
  if (!together || together->empty()) return survival;
  const std::vector<Kind> kinds = kinds_of(facts.can);
  for (const Kind& kind : kinds) {
    const std::optional<std::string> alone = kinds.size() == 1 ? together : ask(kind.alone);
    if (!alone) return survival;
    if (alone->empty()) continue;
    kind.drop(survival.can);
    survival.left_out.push_back(kind.name + ": on a clean stretch this engine ends with " + *alone);
  }
  return survival;
}

}  // namespace recrank
