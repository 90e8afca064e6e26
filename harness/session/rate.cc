#include "harness/session/rate.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/hypergeometric.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/roots.hpp>
#include <cmath>

namespace recrank {
namespace {

constexpr double kAlpha = 0.05;
constexpr double kTiny = 1e-12;  // 0 and 1 themselves have no logarithm
// 3 of 3 against 0 of 3 is 1 in 20 exactly, computed in floating point.
constexpr double kRounding = 1e-9;

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

}  // namespace

RateInterval rate_interval(uint64_t hits, uint64_t runs) {
  if (runs == 0) return {};
  using Binomial = boost::math::binomial_distribution<double>;
  const auto n = static_cast<double>(runs);
  const auto k = static_cast<double>(hits);
  return {Binomial::find_lower_bound_on_p(n, k, kAlpha / 2),
          Binomial::find_upper_bound_on_p(n, k, kAlpha / 2)};
}

RateInterval anytime_interval(uint64_t hits, uint64_t runs) {
  if (runs == 0) return {};
  const auto k = static_cast<double>(hits);
  const auto misses = static_cast<double>(runs - hits);
  const double mixture = log_beta(k + 1, misses + 1);
  // Above 0: the martingale of rate p has reached 1/alpha. It has one valley, at the observed rate.
  const auto evidence = [&](double p) {
    return mixture - k * std::log(p) - misses * std::log1p(-p) + std::log(kAlpha);
  };
  const double seen = std::clamp(k / static_cast<double>(runs), kTiny, 1 - kTiny);
  const auto edge = [&](double from, double to) {
    const auto [below, above] = boost::math::tools::bisect(
        evidence, from, to, boost::math::tools::eps_tolerance<double>(40));
    return (below + above) / 2;
  };
  RateInterval interval;
  if (hits > 0 && evidence(kTiny) > 0) interval.low = edge(kTiny, seen);
  if (hits < runs && evidence(1 - kTiny) > 0) interval.high = edge(seen, 1 - kTiny);
  return interval;
}

double excluded_rate(uint64_t runs) {
  return runs == 0 ? 1 : 1 - std::pow(kAlpha, 1 / static_cast<double>(runs));
}

double chance_of_difference(Tally a, Tally b) {
  if (a.runs == 0 || b.runs == 0) return 1;
  // The side with the higher rate; how likely it has so many of all hits by chance.
  if (a.hits * b.runs < b.hits * a.runs) std::swap(a, b);
  const uint64_t hits = a.hits + b.hits;
  if (a.hits == 0) return 1;
  const boost::math::hypergeometric_distribution<double> spread(
      static_cast<unsigned>(hits), static_cast<unsigned>(a.runs),
      static_cast<unsigned>(a.runs + b.runs));
  const auto lowest = hits > b.runs ? hits - b.runs : 0;
  if (a.hits <= lowest) return 1;
  return boost::math::cdf(boost::math::complement(spread, static_cast<unsigned>(a.hits - 1)));
}

bool differ(Tally a, Tally b) { return chance_of_difference(a, b) <= kAlpha + kRounding; }

}  // namespace recrank
