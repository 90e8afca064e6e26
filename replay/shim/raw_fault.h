// A thread at the moment of a signal, as it stands in the kernel: cheap to take, and turned into
// words later, in describe.h.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "replay/shim/proc_files.h"

namespace recrank::shim {

struct RawFault {
  pid_t tid = 0;
  int signal = 0;
  std::optional<siginfo_t> info;
  std::optional<user_regs_struct> registers;  // x86-64
  std::optional<SignalMasks> masks;           // nullopt: no /proc
  // The top of the stack, for one that will be looked at after the thread has gone on.
  uint64_t stack_begin = 0;
  std::vector<uint8_t> stack;
};

// The thread must be in a ptrace stop of the caller's. `stack_bytes`: how much of the stack is
// kept; 0 when the thread stays where it is.
[[nodiscard]] RawFault take_raw_fault(pid_t pid, pid_t tid, int signal, size_t stack_bytes);

// Raised by the kernel for what the thread itself did. These a program may want to catch.
[[nodiscard]] bool is_fault_signal(int signal);

// What the kernel does with it unless told otherwise.
[[nodiscard]] bool ends_process_by_default(int signal);
[[nodiscard]] bool is_stop_signal(int signal);

}  // namespace recrank::shim
