// What keeps an engine from the network, from files and from other processes.
//
// Two halves: what can allocate is prepared before the fork; what runs between fork and exec only
// makes system calls.
#pragma once

#include <linux/filter.h>

#include <filesystem>
#include <vector>

#include "base/fd.h"

namespace recrank {

enum class SandboxNetwork {
  kNone,      // no sockets
  kLoopback,  // TCP within a network of its own, in which only the loopback is (own_network.h)
};

struct SandboxOptions {
  // For a program that starts the engine as its child, such as a tracer. Engines themselves do not
  // fork, and without the right to it none can leave a process behind.
  bool may_fork = false;
  // Directories and files that may be written to, where Landlock guards files. Below a directory:
  // everything, so name none that others keep things in unless you must.
  std::vector<std::filesystem::path> writable;
  // With kLoopback the sandbox lets TCP sockets be made, and WorkerProcess sees to it that the
  // process is in a network of its own before it enters the sandbox.
  SandboxNetwork network = SandboxNetwork::kNone;
};

// For a program that runs the engine as its child, traces it and writes down what it does: rr.
// Lost against an engine's own sandbox: forking, writing below `directory`, and writing to files of
// /proc, through which a tracer reaches the memory of its child. As root that is more than a
// child's memory (/proc/sys): whoever records an engine that he does not trust does so as an
// ordinary user. Kept: no network, no leaving of the process group, no other file, nobody outside
// is signalled.
[[nodiscard]] SandboxOptions recorder_sandbox(const std::filesystem::path& directory);

// The rules of one sandbox; reusable for any number of processes.
//
// Refused with EPERM: sockets of every kind but connected pairs of AF_UNIX (and TCP with
// kLoopback), io_uring (it could make sockets unseen), changing of process group or session (it
// would escape the kill of the group), fork where not allowed; with kLoopback, changing of
// namespaces too. By Landlock, where the kernel has it: every write to the file system but to what
// is named writable, signals to and tracing of processes outside. Reading is allowed: an engine
// must find its libraries, and what it reads it can tell nobody.
class Sandbox {
 public:
  // kUnsupported when the kernel or libseccomp cannot do it.
  explicit Sandbox(const SandboxOptions& options);

  // In the child. Async-signal-safe. 0, or the errno of what failed.
  [[nodiscard]] int enter() const;
  [[nodiscard]] bool guards_files() const { return landlock_.valid(); }

 private:
  std::vector<sock_filter> filter_;
  UniqueFd landlock_;  // invalid: the kernel lacks Landlock
};

}  // namespace recrank
