// rr, the record-and-replay debugger: an optional external program, looked for, tried and spoken
// to.
//
// rr needs hardware counters, or is a build with software counters (which is told so by -W on
// record and replay). Neither `rr --version` nor `rr cpufeatures` proves that it can record here;
// what does is a recording of /bin/true, made in the same sandbox as an engine's. Facts were
// measured with Debian's rr 5.6.0; see docs/rr.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"

namespace recrank {

// Whether a program can record on this machine.
struct RrAnswer {
  bool usable = false;
  bool software_counters = false;  // it wants -W
  std::string why;                 // not usable: one line, with what to change
  bool lasting = false;            // it would be the same tomorrow: no full disk, no busy machine
};

struct RrProgram {
  std::filesystem::path path;
  bool software_counters = false;
};

// `asked` (--rr), else $RECRANK_RR, else rr on PATH. kUnsupported when there is none.
[[nodiscard]] std::filesystem::path find_rr(const std::optional<std::string>& asked);

// A program on PATH; empty: none.
[[nodiscard]] std::filesystem::path program_on_path(const char* name);

// Tries it: takes as long as a recording of /bin/true. Leaves nothing behind.
[[nodiscard]] RrAnswer probe_rr(const std::filesystem::path& rr, const Interrupt& interrupt);

// What rr said when it failed, as one line with a remedy. `output` is untrusted.
[[nodiscard]] std::string explain_rr_failure(const std::string& output);

// What rr is told of where it may write, beside the trace. All of it lies in `directory`. The build
// with software counters keeps what it learns of each program and library in a cache of its own and
// does not record without one; a cache that outlives the recording is nothing that an engine in the
// same sandbox should be able to write.
[[nodiscard]] std::map<std::string, std::string> rr_environment(
    const std::filesystem::path& directory);

// The words before the engine's own: rr record … -o TRACE -n --. `extra` are the user's.
[[nodiscard]] std::vector<std::string> rr_record_words(const RrProgram& rr,
                                                       const std::filesystem::path& trace,
                                                       const std::vector<std::string>& extra);

// The event of a trace at which its program stands at its first instruction, when another program
// (prlimit) became it by an exec. nullopt: rr does not tell.
[[nodiscard]] std::optional<uint64_t> rr_start_event(const RrProgram& rr,
                                                     const std::filesystem::path& trace,
                                                     const Interrupt& interrupt);

// The command that opens the debugger at the crash, for a shell. It begins at `start` and goes on
// to the signal by itself: rr sets watchpoints anew where it begins, and loses them at an exec that
// it passes on its way back to the crash, so `-e` would make `reverse-continue` run by the write
// that is looked for. Without `start`: at the end of the trace.
[[nodiscard]] std::string rr_replay_command(const RrProgram& rr, const std::filesystem::path& trace,
                                            std::optional<uint64_t> start);

// Makes a trace independent of the files that it maps. kIo with rr's own words.
void rr_pack(const RrProgram& rr, const std::filesystem::path& trace, const Interrupt& interrupt);

// Whether rr itself brought the trace to its end and it holds a program that was executed. An rr
// that fails exits with 1, which is also an engine's "bad usage": this tells one from the other.
[[nodiscard]] bool rr_trace_is_whole(const RrProgram& rr, const std::filesystem::path& trace,
                                     const Interrupt& interrupt);

}  // namespace recrank
