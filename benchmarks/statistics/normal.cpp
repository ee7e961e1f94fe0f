#include "benchmarks/statistics/normal.h"

#include <boost/math/distributions/normal.hpp>
#include <c10/util/Exception.h>

namespace vidqa::benchmarks {

double normal_quantile(double p) {
  TORCH_CHECK(p > 0 && p < 1, "normal quantile: must be between 0 and 1, got ", p);
  return boost::math::quantile(boost::math::normal(), p);
}

}  // namespace vidqa::benchmarks
