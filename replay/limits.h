// What an engine may use. Always in force; every default is stated here.
#pragma once

#include <cstdint>
#include <optional>

namespace recrank {

struct Limits {
  // Computrons per delivery, given to the engine as -l. nullopt: the recorded limit of a metered
  // vat, else kComputronsDefault. 0 switches the meter off.
  std::optional<uint64_t> computrons;
  double step_wall_s = 600;    // one step, start-up included; 99 s is the longest one measured
  double wall_s = 24 * 3600;   // a whole replay of one engine process
  uint64_t cpu_s = 24 * 3600;  // RLIMIT_CPU of one engine process
  uint64_t memory_bytes = 6ULL << 30;  // RLIMIT_AS; the engine itself gives up at 2 GiB of heap
  // A step may make this many calls and be this large before the engine counts as flooding.
  uint64_t calls_max = 10'000'000;
  uint64_t frame_bytes_max = 256ULL << 20;
};

// The engine reads -l with atoi, so it must fit an int. 20 times what the chain allows a metered
// vat, a minute of computing: far above any delivery that a kernel ever committed.
inline constexpr uint64_t kComputronsDefault = 2'000'000'000;
inline constexpr uint64_t kMeterLimitMax = 2'147'483'647;

}  // namespace recrank
