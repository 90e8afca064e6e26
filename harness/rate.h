// How sure a rate is that was seen in a few runs.
#pragma once

#include <cstdint>

namespace recrank {

struct RateInterval {
  double low = 0;
  double high = 1;
};

// The exact (Clopper-Pearson) 95 % interval for a rate of which `hits` of `runs` were seen.
[[nodiscard]] RateInterval rate_interval(uint64_t hits, uint64_t runs);

}  // namespace recrank
