// Where a stack goes round: functions that call each other again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "replay/crash/crash_report.h"

namespace recrank {

// The frames [begin, end) of a stack are of functions that, as this stack shows, come back to
// themselves.
struct Recursion {
  size_t begin = 0;
  size_t end = 0;

  [[nodiscard]] bool contains(size_t frame) const { return frame >= begin && frame < end; }
};

// All of a stack, innermost first, apart from each other and as long as can be. `functions` names
// the function of each frame by any number. Two functions belong together when one stands between
// two calls of the other.
[[nodiscard]] std::vector<Recursion> recursions_of(std::span<const uint64_t> functions);

// The same for frames of a report; those of one name are of one function, and a place without a
// symbol is one of its own.
[[nodiscard]] std::vector<Recursion> recursions_of(std::span<const Frame> frames);
[[nodiscard]] std::vector<Recursion> recursions_of(std::span<const std::string> names);

}  // namespace recrank
