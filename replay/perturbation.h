// Harmless changes to how a replay is run. They move collections and the layout of memory, and by
// the engine's contract no recorded delivery may do anything else because of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/named_texts.h"

namespace recrank {

// A choice of steps. Both members together: either may choose.
struct StepSchedule {
  std::vector<uint64_t> steps;  // sorted
  uint64_t every = 0;           // the multiples of this number, 0 itself excepted; 0: none

  [[nodiscard]] bool empty() const { return steps.empty() && every == 0; }
  [[nodiscard]] bool holds(uint64_t step) const {
    if (every != 0 && step != 0 && step % every == 0) return true;
    return std::binary_search(steps.begin(), steps.end(), step);
  }
  friend bool operator==(const StepSchedule&, const StepSchedule&) = default;
};

// Steps behind which no worker runs are passed over.
struct Perturbation {
  // Options of the engine that move memory, besides those of the request.
  NamedTexts options;
  // After these steps the heap is written and thrown away; writing it forces a collection.
  StepSchedule write_heap_after;
  // After these steps the heap is written and another worker goes on from it.
  StepSchedule reload_after;

  [[nodiscard]] bool empty() const {
    return options.empty() && write_heap_after.empty() && reload_after.empty();
  }
  friend bool operator==(const Perturbation&, const Perturbation&) = default;
};

}  // namespace recrank
