// What the end of an xsnap worker means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "replay/engine.h"
#include "replay/limits.h"
#include "replay/process/worker_process.h"

namespace recrank {

// What the worker ran under, to tell a limit from a crash.
struct WorkerBounds {
  Limits limits;
  std::optional<uint64_t> computrons;  // its -l
  // False: not an xsnap worker. Its exit statuses are its own and mean no limit.
  bool xsnap_exits = true;
};

// The outcome of a step in which the worker ended, by itself or by the watchdog's hand. `usage` and
// `output` are final.
[[nodiscard]] StepOutcome outcome_of_end(const WorkerEnd& end, const WorkerUsage& usage,
                                         const std::string& output, const WorkerBounds& bounds);

[[nodiscard]] std::string format_seconds(double seconds);  // "0.5 s", "600 s"

}  // namespace recrank
