// Remembers whether an rr can record here, so that it is not tried before every replay.
//
// The answer belongs to one program (path, change time, size) on one machine as it is set up now:
// the kernel, the user, the counters and perf_event_paranoid. Anything else: it is tried anew.
#pragma once

#include <filesystem>

#include "base/interrupt.h"
#include "replay/process/rr_program.h"

namespace recrank {

// From `directory`/rr.json, else probe_rr(), whose answer is then kept there, whole or not at all.
// A directory that cannot be written, or a file that cannot be understood, only costs the probe.
[[nodiscard]] RrAnswer cached_probe_rr(const std::filesystem::path& rr,
                                       const std::filesystem::path& directory,
                                       const Interrupt& interrupt);

// The program that find_rr() and cached_probe_rr() agree on; kUnsupported with the reason.
[[nodiscard]] RrProgram require_rr(const std::optional<std::string>& asked,
                                   const std::filesystem::path& cache_directory,
                                   const Interrupt& interrupt);

// $RECRANK_HOME, else $XDG_CACHE_HOME/recrank, else ~/.cache/recrank; empty: no home at all.
[[nodiscard]] std::filesystem::path recrank_cache_directory();

}  // namespace recrank
