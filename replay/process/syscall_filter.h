// The system calls that an engine may make: a list of what is allowed, as a program for seccomp.
//
// What is not on it fails with EPERM; a call that is newer than the list with ENOSYS, as on an
// older kernel, so that C libraries fall back to what they used before.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "replay/process/containment.h"

namespace recrank {

// What the rest of the containment leaves to the filter.
struct FilterNeeds {
  SandboxNetwork network = SandboxNetwork::kNone;
  bool may_fork = false;          // a tracer with its engine, see recorder_sandbox()
  bool changes_files = false;     // something is writable: names may be made, moved and removed
  bool guards_files = false;      // namespaces or Landlock see to what is opened for writing
  bool confines_signals = false;  // namespaces or Landlock see to who is signalled

  [[nodiscard]] auto operator<=>(const FilterNeeds&) const = default;
};

// Built once for each set of needs. kUnsupported when libseccomp or the kernel cannot do it.
[[nodiscard]] const std::vector<sock_filter>& syscall_filter(const FilterNeeds& needs);

// In the filter of a process that may signal itself alone this number stands for its own.
inline constexpr unsigned int kOwnPid = 0x5e1fb1d;

// In the child; gives up the right to any call that is not allowed, for ever. Async-signal-safe.
// `program` is changed: kOwnPid becomes the caller's. 0, or errno.
[[nodiscard]] int enter_syscall_filter(std::vector<sock_filter>& program);

}  // namespace recrank
