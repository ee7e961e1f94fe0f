#include "benchmarks/statistics/proportion.h"

#include <algorithm>
#include <cmath>

#include <c10/util/Exception.h>

#include "benchmarks/statistics/normal.h"

namespace vidqa::benchmarks {

Interval wilson_interval(double share, int64_t n, double confidence) {
  TORCH_CHECK(n > 0, "Wilson interval: needs at least one question");
  TORCH_CHECK(share >= 0 && share <= 1, "Wilson interval: the share must be from 0 to 1, got ",
              share);
  TORCH_CHECK(confidence > 0 && confidence < 1,
              "Wilson interval: confidence must be between 0 and 1, got ", confidence);
  const double z = normal_quantile((1 + confidence) / 2);
  const auto count = static_cast<double>(n);
  const double center = (share + z * z / (2 * count)) / (1 + z * z / count);
  const double half = z / (1 + z * z / count) *
                      std::sqrt(share * (1 - share) / count + z * z / (4 * count * count));
  // At 0 and 1 the bound is exact; rounding must not push it outside.
  return {share, share == 0 ? 0 : std::max(0.0, center - half),
          share == 1 ? 1 : std::min(1.0, center + half)};
}

}  // namespace vidqa::benchmarks
