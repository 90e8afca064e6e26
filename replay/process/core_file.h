// The kernel's core file of an engine: where it falls, whose it is, and how it is brought home.
//
// Source: core(5). The place is the machine's choice (kernel.core_pattern), so all that can be done
// is to work it out: a name without a slash falls into the working directory of the process, which
// is the engine's scratch directory; a path falls where it says; a pattern that begins with '|'
// goes to a program and never becomes a file that we could find.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace recrank {

struct CorePattern {
  std::string text;          // kernel.core_pattern
  bool appends_pid = false;  // kernel.core_uses_pid, where the pattern has no %p

  // What this machine has; kUnsupported without /proc.
  [[nodiscard]] static CorePattern of_system();
};

// Why no core file can be had here, with what to set, in one line; empty: one can. Looks at the
// pattern, at its directory and at the hard limit for core files.
[[nodiscard]] std::string why_no_core(const CorePattern& pattern);

// The directory that a process with this working directory leaves its core in.
[[nodiscard]] std::filesystem::path core_directory_of(const CorePattern& pattern,
                                                      const std::filesystem::path& working);

// A name that the kernel could have given to the core of process `pid`: "core.%e.%p" with pid 12
// fits "core.xsnap-worker.12". What only the kernel knows (time, host, …) fits anything.
[[nodiscard]] bool is_core_name(const CorePattern& pattern, pid_t pid, std::string_view name);

// The process that a core file is of; nullopt: it is none. Takes untrusted bytes: an engine may
// write below its scratch directory.
[[nodiscard]] std::optional<pid_t> process_of_core(const std::filesystem::path& file);

// The core of process `pid` in `directory`; nullopt: there is none.
[[nodiscard]] std::optional<std::filesystem::path> find_core(const CorePattern& pattern,
                                                             const std::filesystem::path& directory,
                                                             pid_t pid);

struct CoreSize {
  uint64_t apparent_bytes = 0;
  uint64_t disk_bytes = 0;  // a core is mostly holes
};
[[nodiscard]] CoreSize core_size(const std::filesystem::path& file);

// Moves a core; between file systems it is copied with its holes. `to` appears whole or not at all,
// and `from` is gone in both cases. kIo.
void move_core(const std::filesystem::path& from, const std::filesystem::path& to);

// What a process is told before it starts so that its core can be had, and what is done with it.
struct CoreRequest {
  CorePattern pattern;
  std::filesystem::path keep_in;  // an existing directory; cores are named core-PID there
};

struct CollectedCore {
  std::filesystem::path file;  // empty: none
  std::string missing;         // then: why, as far as it can be known
};

// Brings the core of a process that died by a signal into `request.keep_in`. `dumped` is what the
// kernel said in the wait status. Never throws: a core that is lost does not change the verdict.
[[nodiscard]] CollectedCore collect_core(const CoreRequest& request,
                                         const std::filesystem::path& working, pid_t pid,
                                         bool dumped);

}  // namespace recrank
