#include "harness/session/rate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace recrank {
namespace rate_test {

// A small generator of our own, so that the numbers are the same with every standard library.
class Coin {
 public:
  explicit Coin(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  bool toss(double rate) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    const uint64_t mixed = state_ * 0x2545F4914F6CDD1DULL;
    return static_cast<double>(mixed >> 11) * 0x1p-53 < rate;
  }

 private:
  uint64_t state_;
};

TEST(RateInterval, IsTheExactOne) {
  // Clopper and Pearson's closed forms for none and all of n.
  EXPECT_NEAR(rate_interval(0, 10).low, 0, 1e-12);
  EXPECT_NEAR(rate_interval(0, 10).high, 0.3085, 1e-4);
  EXPECT_NEAR(rate_interval(11, 11).low, 0.7151, 1e-4);
  EXPECT_NEAR(rate_interval(11, 11).high, 1, 1e-12);
  EXPECT_NEAR(rate_interval(2, 4).low, 0.0676, 1e-4);
  EXPECT_NEAR(rate_interval(2, 4).high, 0.9324, 1e-4);
}

TEST(RateInterval, SaysNothingAboutNoRuns) {
  EXPECT_EQ(rate_interval(0, 0).low, 0);
  EXPECT_EQ(rate_interval(0, 0).high, 1);
  EXPECT_EQ(anytime_interval(0, 0).low, 0);
  EXPECT_EQ(anytime_interval(0, 0).high, 1);
}

TEST(AnytimeInterval, HasItsClosedFormForNoneAndAll) {
  for (const uint64_t n : {1U, 5U, 15U, 100U, 10'000U}) {
    const double edge =
        std::pow(20.0 * (static_cast<double>(n) + 1), -1.0 / static_cast<double>(n));
    EXPECT_NEAR(anytime_interval(n, n).low, edge, 1e-9) << n;
    EXPECT_EQ(anytime_interval(n, n).high, 1);
    EXPECT_NEAR(anytime_interval(0, n).high, 1 - edge, 1e-9) << n;
    EXPECT_EQ(anytime_interval(0, n).low, 0);
  }
}

TEST(AnytimeInterval, HoldsTheExactOneAndTheObservedRate) {
  for (uint64_t n = 1; n <= 60; ++n) {
    for (uint64_t k = 0; k <= n; ++k) {
      const RateInterval any = anytime_interval(k, n);
      const RateInterval exact = rate_interval(k, n);
      const double seen = static_cast<double>(k) / static_cast<double>(n);
      EXPECT_LE(any.low, exact.low + 1e-9) << k << " of " << n;
      EXPECT_GE(any.high, exact.high - 1e-9) << k << " of " << n;
      EXPECT_LE(any.low, seen);
      EXPECT_GE(any.high, seen);
    }
  }
}

// The claim itself: of 1,000 sequences at most 5 % ever leave the true rate outside, looked at
// after each of 300 runs. The exact interval, looked at so, fails: that is why there are two.
TEST(AnytimeInterval, CoversTheRateWhereverOneStops) {
  constexpr uint64_t kSequences = 1000;
  constexpr uint64_t kRuns = 300;
  // Computed once: every sequence asks for the same few thousand intervals.
  std::vector<std::vector<RateInterval>> any(kRuns + 1);
  for (uint64_t n = 1; n <= kRuns; ++n) {
    for (uint64_t k = 0; k <= n; ++k) any[n].push_back(anytime_interval(k, n));
  }
  for (const double rate : {0.02, 0.26, 0.5, 0.9, 1.0}) {
    uint64_t missed = 0;
    for (uint64_t seed = 1; seed <= kSequences; ++seed) {
      Coin coin(seed);
      uint64_t hits = 0;
      bool outside = false;
      for (uint64_t n = 1; n <= kRuns; ++n) {
        hits += coin.toss(rate) ? 1U : 0U;
        outside = outside || rate < any[n][hits].low || rate > any[n][hits].high;
      }
      missed += outside ? 1U : 0U;
    }
    EXPECT_LE(missed, kSequences / 20) << rate;
  }
}

TEST(ExcludedRate, IsWhatWouldHaveBeenSeenInNineteenOfTwenty) {
  EXPECT_NEAR(excluded_rate(10), 0.2589, 1e-4);
  EXPECT_NEAR(excluded_rate(1), 0.95, 1e-12);
  EXPECT_NEAR(excluded_rate(59), 0.0495, 1e-4);
  EXPECT_EQ(excluded_rate(0), 1);
}

TEST(Difference, IsFishersExactTest) {
  EXPECT_NEAR(chance_of_difference({11, 11}, {0, 4}), 1.0 / 1365, 1e-9);  // the crash of 2021
  EXPECT_NEAR(chance_of_difference({0, 3}, {11, 11}), 1.0 / 364, 1e-9);
  EXPECT_NEAR(chance_of_difference({5, 5}, {0, 5}), 1.0 / 252, 1e-9);
  EXPECT_NEAR(chance_of_difference({2, 5}, {5, 5}), 1.0 / 12, 1e-9);
  EXPECT_EQ(chance_of_difference({5, 5}, {5, 5}), 1);
  EXPECT_EQ(chance_of_difference({0, 5}, {0, 5}), 1);
  EXPECT_EQ(chance_of_difference({0, 0}, {5, 5}), 1);
}

TEST(Difference, TakesThreeAgainstThree) {
  EXPECT_TRUE(differ({3, 3}, {0, 3}));
  EXPECT_FALSE(differ({2, 2}, {0, 2}));
  EXPECT_FALSE(differ({2, 5}, {0, 5}));
  EXPECT_TRUE(differ({0, 4}, {11, 11}));
}

}  // namespace rate_test
}  // namespace recrank
