#include "benchmarks/statistics/power.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <c10/util/Exception.h>

#include "benchmarks/statistics/normal.h"

namespace vidqa::benchmarks {
namespace {

double power_of_paired_t_test(double effect, int64_t n, double alpha) {
  namespace bm = boost::math;
  const auto freedom = static_cast<double>(n - 1);
  const double critical = bm::quantile(bm::complement(bm::students_t(freedom), alpha / 2));
  const bm::non_central_t statistic(freedom, effect * std::sqrt(static_cast<double>(n)));
  return bm::cdf(bm::complement(statistic, critical)) + bm::cdf(statistic, -critical);
}

}  // namespace

double detectable_difference(double standard_error, double alpha, double power) {
  TORCH_CHECK(standard_error >= 0, "detectable difference: negative standard error ",
              standard_error);
  return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * standard_error;
}

int64_t seeds_needed(double difference, double sd, double alpha, double power) {
  TORCH_CHECK(difference != 0, "seeds needed: no number of seeds finds a difference of 0");
  TORCH_CHECK(sd >= 0, "seeds needed: negative standard deviation ", sd);
  const double ratio = detectable_difference(sd, alpha, power) / std::abs(difference);
  const double least = ratio * ratio;  // with a known standard deviation; t needs a few more
  constexpr double kNormal = 1e5;      // from here on t is normal
  TORCH_CHECK(least < 9e18, "seeds needed: the difference ", difference, " is too small");
  if (least > kNormal) return static_cast<int64_t>(std::ceil(least));
  int64_t n = std::max<int64_t>(2, static_cast<int64_t>(least));
  if (sd == 0) return n;
  constexpr double kCertain = 100;  // the noncentral t distribution overflows far above
  const double effect = std::min(kCertain, std::abs(difference) / sd);
  while (power_of_paired_t_test(effect, n, alpha) < power) ++n;
  return n;
}

}  // namespace vidqa::benchmarks
