// Carries a Perturbation out while a replay runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "replay/judge/worker_seat.h"
#include "replay/perturbation.h"
#include "replay/verdict.h"

namespace recrank {

// after() is called behind every step that went well. Belongs to the thread of the replay; refers
// to what it is given.
class Perturber {
 public:
  Perturber(const Perturbation& perturbation, WorkerSeat& seat)
      : perturbation_(perturbation), seat_(seat) {}

  // Writes the heap and goes on from it in another process, as is planned behind `step`; where no
  // worker runs there is nothing to do. A verdict when the engine did not survive that.
  [[nodiscard]] std::optional<Verdict> after(uint64_t step);
  // For comparisons to know: how often it was done so far.
  [[nodiscard]] uint64_t heaps_written() const { return heaps_written_; }
  [[nodiscard]] uint64_t reloads() const { return reloads_; }

 private:
  [[nodiscard]] std::optional<Verdict> write_heap(uint64_t step);
  [[nodiscard]] std::optional<Verdict> reload(uint64_t step);

  const Perturbation& perturbation_;
  WorkerSeat& seat_;
  uint64_t heaps_written_ = 0;
  uint64_t reloads_ = 0;
};

// What it did, for people: "12 heaps written, 3 reloads"; empty: nothing.
[[nodiscard]] std::string describe(const Perturber& perturber);

}  // namespace recrank
