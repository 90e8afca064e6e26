// What was seen of a dying or hanging engine, for people and as JSON.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "replay/verdict.h"

namespace recrank {

// The report that belongs to a verdict; null: nobody looked, or nothing had to be looked at.
[[nodiscard]] const CrashReport* crash_of(const Verdict& verdict);

// All of it. Addresses and registers differ from run to run where the engine's layout is random.
[[nodiscard]] Json crash_json(const CrashReport& report);

// Some 20 lines: what happened, the first frames, the first fault, what could not be learnt. Each
// line begins with `indent` and ends with a newline.
[[nodiscard]] std::string crash_text(const CrashReport& report, const std::string& indent);

// "xsnap-worker!fxCheckStack+0x1c xsAPI.c:120"
[[nodiscard]] std::string frame_text(const Frame& frame);

}  // namespace recrank
