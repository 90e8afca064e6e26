// Names of signals, and which of them a process can bring upon itself.
#pragma once

#include <string>

namespace recrank {

// SIGKILL, SIGTERM, SIGINT, SIGHUP: sent by a person, a service manager or the kernel's out of
// memory killer, never raised by an engine's own fault. While no siginfo is at hand the number
// decides.
[[nodiscard]] bool is_outside_signal(int signal);

// "SIGSEGV"; "signal 77" for a number without a name.
[[nodiscard]] std::string signal_name(int signal);

}  // namespace recrank
