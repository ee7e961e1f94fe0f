#include "benchmarks/statistics/mcnemar.h"

#include <algorithm>
#include <cstdlib>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <c10/util/Exception.h>

namespace vidqa::benchmarks {

McNemar mcnemar(int64_t only_a, int64_t only_b) {
  TORCH_CHECK(only_a >= 0 && only_b >= 0, "McNemar: counts must not be negative, got ", only_a,
              " and ", only_b);
  constexpr int64_t kFewPairs = 25;
  McNemar result{only_a, only_b};
  const int64_t discordant = only_a + only_b;
  result.exact = discordant < kFewPairs;
  if (discordant == 0) return result;
  if (result.exact) {
    const boost::math::binomial heads(static_cast<double>(discordant), 0.5);
    const auto fewer = static_cast<double>(std::min(only_a, only_b));
    result.p = std::min(1.0, 2 * boost::math::cdf(heads, fewer));
  } else {
    const auto excess = static_cast<double>(std::max<int64_t>(0, std::abs(only_a - only_b) - 1));
    const double statistic = excess * excess / static_cast<double>(discordant);
    result.p = boost::math::cdf(boost::math::complement(boost::math::chi_squared(1), statistic));
  }
  return result;
}

}  // namespace vidqa::benchmarks
