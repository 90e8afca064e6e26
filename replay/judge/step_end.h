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
// they are; everything else says that the engine will not start.
[[nodiscard]] Verdict verdict_of_failed_start(const StartResult& failed, const Setup& setup,
                                              std::string_view era, uint64_t step);

// The engine's own limits end a step at the same place every time. The others (time, calls) are
// the harness's: that they were met says nothing against what is recorded.
[[nodiscard]] bool is_engine_limit(LimitKind kind);

}  // namespace recrank
