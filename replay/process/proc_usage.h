// What a live process has used, from /proc and its CPU clock. 0 where it cannot be known.
#pragma once

#include <sys/time.h>
#include <sys/types.h>

#include <cstdint>

namespace recrank {

[[nodiscard]] double cpu_seconds(pid_t pid);
[[nodiscard]] uint64_t resident_bytes(pid_t pid);
[[nodiscard]] uint64_t peak_resident_bytes(pid_t pid);
[[nodiscard]] uint64_t open_descriptors(pid_t pid);
[[nodiscard]] uint64_t thread_count(pid_t pid);
// All of it at the price of one.
struct MemoryUse {
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;
  uint64_t address_space_bytes = 0;
  uint64_t data_bytes = 0;  // of it, what can be written to: without files that are mapped to read
};
[[nodiscard]] MemoryUse memory_use(pid_t pid);
// Its number in the innermost namespace that it is in: its own word for itself.
[[nodiscard]] pid_t inner_pid(pid_t pid);
[[nodiscard]] double seconds_of(const timeval& time);

// CPU time of the calling thread so far.
[[nodiscard]] double thread_cpu_s();

}  // namespace recrank
