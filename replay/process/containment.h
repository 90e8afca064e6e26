// What keeps an engine from the network, from files and from other processes: what is asked, and
// what this machine gives of it.
//
// A ladder. On its upper rung an engine is in namespaces of its own, which bubblewrap makes
// (namespaces.h): it sees its program, that one's libraries, what its command line names, and no
// other process or network. Within, and on the lower rung instead, Landlock guards files
// (landlock.h), an allow list says which system calls there are (syscall_filter.h), no capability
// is left, and the session is a new one. docs/sandbox.md: what stops which attack on which rung.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

enum class SandboxNetwork {
  kNone,      // no sockets
  kLoopback,  // TCP within a network of its own, in which only the loopback is: needs namespaces
};

// What one engine may do.
struct SandboxOptions {
  // For a program that starts the engine as its child, such as a tracer. Engines themselves do not
  // fork, and without the right to it none can leave a process behind.
  bool may_fork = false;
  // Directories and files that may be written to. Below a directory: everything, so name none that
  // others keep things in unless you must.
  std::vector<std::filesystem::path> writable;
  SandboxNetwork network = SandboxNetwork::kNone;
  // What it may read beside what every engine sees (view.h).
  std::vector<std::filesystem::path> readable;
  // What it starts itself, and sees with its libraries.
  std::vector<std::filesystem::path> programs;
  // The whole file system may be read, and the lower rung suffices: for the loader, when it is
  // asked for a program's libraries, and for rr, when it looks at what it has recorded.
  bool reads_all = false;
};

// For a program that runs the engine as its child, traces it and writes down what it does: rr.
// Lost against an engine's own sandbox: forking, tracing, counting, and writing below `directory`.
// Without namespaces it may also write to files of /proc, through which a tracer reaches the memory
// of its child: as root that is more than a child's memory (/proc/sys), so whoever records an
// engine that he does not trust does so as an ordinary user. Kept: no network, no other file,
// nobody outside is seen or signalled.
[[nodiscard]] SandboxOptions recorder_sandbox(const std::filesystem::path& directory);

// What is asked of the machine: --sandbox.
struct ContainmentPolicy {
  bool require = false;  // no engine runs unless all of the upper rung is had
  // As on a machine that has less, to see what is left there.
  bool namespaces = true;
  int landlock_abi_most = 1 << 10;
};

// "auto" or "require", and behind a comma "no-namespaces" or "landlock=N". kUsage.
[[nodiscard]] ContainmentPolicy parse_containment_policy(std::string_view words);
// Process-wide; called before there are engines.
void set_containment_policy(const ContainmentPolicy& policy);

// What there is on this machine, as far as the policy lets it be used.
struct ContainmentHad {
  std::string no_namespaces;  // why not; empty: they are had
  int landlock_abi = 0;       // 0: none
  std::string no_filter;      // likewise, of system calls
};
// Of engines that are started from here on, as far as is known: that namespaces cannot be had shows
// when the first are to be made.
[[nodiscard]] ContainmentHad containment_had();
void no_namespaces_from_here_on(std::string why);
// Tries all of it.
[[nodiscard]] ContainmentHad try_containment();

// Called before an engine is started: kUnsupported, with what is missing, where all is required.
void require_containment(const ContainmentHad& had);
// describe() of what engines of this process were contained by, where that was less than all;
// empty: nothing was missing, or none was started.
[[nodiscard]] std::string containment_shortfall();
// One line, true for such a machine: what is had, and what an engine can and cannot do.
[[nodiscard]] std::string describe(const ContainmentHad& had);
// What is missing and what to change; empty: nothing is.
[[nodiscard]] std::string missing(const ContainmentHad& had);
[[nodiscard]] std::string remedy(const ContainmentHad& had);

}  // namespace recrank
