// The clock of a Montana chain: t_r of a window is that of the one before, hashed D times.
//
// Computing it anew takes as long as it took at first (a minute for each window in production), so
// it may be left out or sampled; and it is cut into pieces so that limits and Ctrl-C are heeded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "replay/engine.h"
#include "snapshot/step.h"

namespace recrank::montana {

// How often facts are checked that take as long to compute as they took at first.
enum class ClockCheck { kNone, kSample, kAll };
// The engine's option for it: "none", "sample" or "all", which is also what is done without it.
inline constexpr std::string_view kVerifyClock = "verify-clock";
// kUsage for another word.
[[nodiscard]] ClockCheck clock_check(const EngineOptions& options);

// kSample: the first and the last window of a range, and every one whose number this divides.
inline constexpr uint64_t kSampleEvery = 100;

[[nodiscard]] bool is_checked(uint64_t window, StepRange range, ClockCheck check);
[[nodiscard]] uint64_t count_checked(StepRange range, ClockCheck check);

// `value` hashed `times` times; `stopped` is asked every few hundredths of a second. False: it said
// so, and `value` is of no use.
[[nodiscard]] bool run_clock(Digest& value, uint64_t times, const std::function<bool()>& stopped);

// "--verify-clock all computes 3,250,000,000 hashes (…), about 190 s on one core; …": empty where
// it takes less than a few seconds. Measures this machine for some hundredths of a second.
[[nodiscard]] std::string clock_cost(StepRange range, uint64_t hashes, ClockCheck check);

}  // namespace recrank::montana
