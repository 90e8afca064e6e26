// What one step cost, as far as it can be seen from outside and from the engine's own meter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "replay/meter_figures.h"
#include "snapshot/step.h"

namespace recrank {

// Measured only where an observer asks for it: each figure is a read of /proc or of a clock.
struct StepCost {
  double wall_ms = 0;  // of the step, the start of its engine included
  double engine_cpu_ms = 0;
  uint64_t rss_bytes = 0;            // of the engine behind the step; 0: it is gone, or unknown
  uint64_t peak_rss_bytes = 0;       // since its start
  uint64_t address_space_bytes = 0;  // what --memory-limit limits; 0: as with rss_bytes
};

// The views are valid during the call that hands this over.
struct StepTelemetry {
  std::string_view subject_id;
  uint64_t run = 0;  // ReplayRequest::run
  uint64_t step = 0;
  bool delivery = false;  // false: a mark, nothing was sent
  StepKind kind = StepKind::kDelivery;
  uint64_t process = 0;  // of this replay's engine processes, from 1; 0: none
  std::optional<uint64_t> recorded_computrons;
  std::optional<uint64_t> computrons;  // as the engine says now
  uint64_t calls = 0;                  // system calls that it made
  uint64_t recorded_calls = 0;
  // What the engine's meter says, and what the recorded engine's said; nothing where no cost was
  // asked for, or it has none.
  MeterFigures meter;
  MeterFigures recorded_meter;
  std::optional<StepCost> cost;
};

}  // namespace recrank
