// How sure a rate is that was seen in a few runs. Everything is at 95 %.
#pragma once

#include <cstdint>

namespace recrank {

struct RateInterval {
  double low = 0;
  double high = 1;
};

// `hits` of `runs`.
struct Tally {
  uint64_t hits = 0;
  uint64_t runs = 0;
};

// The exact (Clopper-Pearson) interval. It holds when the number of runs was fixed before the
// first.
[[nodiscard]] RateInterval rate_interval(uint64_t hits, uint64_t runs);

// An interval that holds at every number of runs at once, and so also when the outcomes decided
// when to stop. It holds each rate p for which the beta-binomial mixture martingale
// B(hits+1, misses+1) / (p^hits (1-p)^misses) has not reached 20; by Ville's inequality the true
// rate leaves it, ever, with a chance of 5 %. Wider than the exact one.
[[nodiscard]] RateInterval anytime_interval(uint64_t hits, uint64_t runs);

// After none of `runs`: rates of this or more are excluded (1 - 0.05^(1/runs)).
[[nodiscard]] double excluded_rate(uint64_t runs);

// The chance (Fisher's exact test, one-sided) that two equal rates differ at least so much.
[[nodiscard]] double chance_of_difference(Tally a, Tally b);

// The two rates are not one: that chance is 5 % at most. It takes 3 of 3 against 0 of 3.
[[nodiscard]] bool differ(Tally a, Tally b);

}  // namespace recrank
