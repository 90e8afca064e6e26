// The figures of one subject's replay that the table of `replay --all` shows beside its verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/session/growth_watch.h"
#include "harness/session/slowest_watch.h"
#include "snapshot/recording.h"

namespace recrank {

// How large the heap was that the recorded kernel saved first and last within a range of steps. It
// is the same in every replay of the range.
struct RecordedHeaps {
  uint64_t snapshots = 0;
  uint64_t first_step = 0;  // of the save
  uint64_t last_step = 0;
  uint64_t first_bytes = 0;
  uint64_t last_bytes = 0;
};

struct SubjectFigures {
  std::optional<SlowestStep> slowest;
  // Resident memory of the last engine process: `first` after its first delivery, `last` at the
  // last look at it (every 32nd step).
  std::optional<GrowthSummary> memory;
  std::optional<RecordedHeaps> heaps;
};

// nullopt: the range holds no heap snapshot whose size is recorded.
[[nodiscard]] std::optional<RecordedHeaps> recorded_heaps(const Recording& recording,
                                                          const std::string& subject_id,
                                                          StepRange range);

}  // namespace recrank
