// A GrowthSummary in reports: the member "telemetry" and the lines for people.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "harness/session/growth_watch.h"
#include "replay/verdict.h"

namespace recrank {

// Whether a report should have it although nobody asked: the engine died or met a memory limit.
[[nodiscard]] bool tells_of_memory(const Verdict& verdict);

[[nodiscard]] Json telemetry_json(const GrowthSummary& growth, const Verdict& verdict,
                                  const Limits& limits);
[[nodiscard]] std::string telemetry_text(const GrowthSummary& growth, const Verdict& verdict,
                                         const Limits& limits);

}  // namespace recrank
