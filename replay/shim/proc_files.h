// What /proc tells of a traced process. Every reader is bounded; what cannot be read is absent.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace recrank::shim {

// One line of /proc/PID/maps.
struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;  // exclusive
  bool readable = false;
  bool writable = false;
  bool executable = false;
  std::string name;  // path or "[stack]"; empty: anonymous
  std::string line;

  [[nodiscard]] bool contains(uint64_t address) const { return address >= begin && address < end; }
};
[[nodiscard]] std::vector<Mapping> read_mappings(pid_t pid);
[[nodiscard]] const Mapping* find_mapping(const std::vector<Mapping>& mappings, uint64_t address);

// Bit N - 1 stands for signal N.
struct SignalMasks {
  uint64_t blocked = 0;  // of the thread
  uint64_t ignored = 0;
  uint64_t caught = 0;
};
[[nodiscard]] constexpr uint64_t signal_bit(int signal) { return 1ULL << (signal - 1); }
[[nodiscard]] std::optional<SignalMasks> read_signal_masks(pid_t pid, pid_t tid);

[[nodiscard]] std::string read_thread_name(pid_t pid, pid_t tid);  // empty: unknown

// The process's own word for itself: its number in the innermost namespace that it is in.
[[nodiscard]] pid_t read_inner_pid(pid_t pid);

// The thread that a hang is asked of: the main one, or where that sleeps, the first that runs.
[[nodiscard]] pid_t choose_thread(pid_t pid);

// The memory of a stopped process, as its tracer may read it; a child of the tracer that inherits
// the object may as well.
class ProcessMemory {
 public:
  explicit ProcessMemory(pid_t pid);
  // As many bytes as can be read from `address` on, at most `size`.
  size_t read(uint64_t address, void* to, size_t size) const;
  [[nodiscard]] std::vector<uint8_t> read_bytes(uint64_t address, size_t size) const;
  [[nodiscard]] std::optional<uint64_t> read_word(uint64_t address) const;

 private:
  pid_t pid_;
  UniqueFd file_;  // invalid: no /proc
};

}  // namespace recrank::shim
