#include "harness/rate.h"

#include <boost/math/distributions/binomial.hpp>

namespace recrank {

RateInterval rate_interval(uint64_t hits, uint64_t runs) {
  if (runs == 0) return {};
  constexpr double kTail = 0.025;  // of 95 %, on each side
  using Binomial = boost::math::binomial_distribution<double>;
  const auto n = static_cast<double>(runs);
  const auto k = static_cast<double>(hits);
  return {Binomial::find_lower_bound_on_p(n, k, kTail), Binomial::find_upper_bound_on_p(n, k, kTail)};
}

}  // namespace recrank
