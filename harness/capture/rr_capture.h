// --capture rr: a crash that was found is run once more under rr, its last steps only.
//
// Recording costs 2 to 20 times the time of a replay and megabytes per second, so the tail begins
// as near to the crash as it can (harness/capture/tail_start.h). From each place the crash is first
// met again in an ordinary run, since writing a heap or starting from one may hide it; then the
// same steps run under rr, and the trace is kept when the engine died there as it did before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/judge/replay.h"
#include "replay/process/rr_program.h"

namespace recrank {

struct RrOptions {
  RrProgram program;
  std::vector<std::string> extra;  // --rr-args
  uint64_t steps = 1;              // of the tail, the crashing one included
  uint64_t size_limit_bytes = 1ULL << 30;
};

// A packed trace that ends in the crash.
struct RrTrace {
  std::filesystem::path directory;
  std::string command;  // opens the debugger at the crash
  std::string start;    // where the tail begins
  uint64_t steps = 0;
  uint64_t bytes = 0;  // on the disk
};

struct RrResult {
  std::optional<RrTrace> trace;
  std::vector<std::string> notes;  // what was tried in vain and why, in order; one line each
};

// A replay of `request` by `plan` on `recording` ended with `found`, a crash at a known step. The
// trace appears as `out`, whole or not at all: it is written beside it (base/unfinished.h) and
// renamed when it is packed. kUsage when `out` is there already; everything that rr or the engine
// does is in the result. Throws what replay() throws.
[[nodiscard]] RrResult record_crash(const Recording& recording, const Engine& engine,
                                    const ReplayRequest& request, const ReplayPlan& plan,
                                    const Verdict& found, const RrOptions& options,
                                    const std::filesystem::path& out, const Interrupt& interrupt);

// kUsage unless `out` is free and can be made.
void require_free_trace(const std::filesystem::path& out);

}  // namespace recrank
