// What the end of a worker says about the replay.
#pragma once

#include <cstdint>

#include "replay/engine.h"
#include "replay/verdict.h"

namespace recrank {

// For every outcome with which the process is gone: crashed, limit, garbled, interrupted. A process
// that was killed from outside is unjudged.
[[nodiscard]] Verdict verdict_of_end(const StepOutcome& outcome, uint64_t step);

// The engine never got as far as `step`. A death by a signal, a limit and an interrupt are what
// they are; everything else says that the engine will not start, and `hint` what may help.
[[nodiscard]] Verdict verdict_of_failed_start(const StartResult& failed, const std::string& hint,
                                              uint64_t step);

}  // namespace recrank
