// The words and numbers of a report, apart from the backtraces.
#pragma once

#include <string>
#include <vector>

#include "replay/crash/crash_report.h"
#include "replay/shim/proc_files.h"
#include "replay/shim/raw_fault.h"

namespace recrank::shim {

// All of a Fault but its frames.
[[nodiscard]] Fault describe_fault(pid_t pid, const RawFault& raw,
                                   const std::vector<Mapping>& mappings,
                                   const ProcessMemory& memory);

// True when the address is where the thread's stack would have had to grow to.
[[nodiscard]] bool is_stack_overflow(uint64_t address, uint64_t stack_pointer,
                                     const std::vector<Mapping>& mappings);

// A thread died as `dying`. True when it did so inside the handler that took `handled`: that one is
// the cause then.
[[nodiscard]] bool died_in_handler(const RawFault& handled, const RawFault& dying,
                                   const std::vector<Frame>& dying_frames);

}  // namespace recrank::shim
