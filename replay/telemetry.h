// What one step cost, as far as it can be seen from outside and from the engine's own meter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace recrank {

struct StepTelemetry {
  uint64_t step = 0;
  bool delivery = false;                         // false: a mark, nothing was sent
  std::optional<uint64_t> recorded_computrons;
  std::optional<uint64_t> computrons;            // as the engine says now
  uint64_t calls = 0;                            // system calls that it made
  // The engine's meter as it wrote it, JSON, untrusted: {"compute":…,"allocate":…,…}. Empty: none.
  // Valid during the call that hands it over.
  std::string_view meter;
};

}  // namespace recrank
