#include "benchmarks/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <c10/util/Exception.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

/// Between the two values around place p * (n - 1) of the sorted values, in proportion (R's type
/// 7).
double quantile(const std::vector<double>& sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = place - static_cast<double>(below);
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

}  // namespace

double mean(const std::vector<double>& values) {
  TORCH_CHECK(!values.empty(), "mean: no values");
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double center = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - center) * (value - center);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

Interval paired_bootstrap(const std::vector<double>& a, const std::vector<double>& b,
                          int64_t samples, uint64_t seed, double confidence) {
  TORCH_CHECK(a.size() == b.size() && !a.empty(),
              "paired bootstrap: must have the same questions, at least one, on both sides, got ",
              a.size(), " and ", b.size());
  TORCH_CHECK(a.size() <= std::numeric_limits<uint32_t>::max(),
              "paired bootstrap: more than 2^32 questions");
  TORCH_CHECK(samples > 0, "paired bootstrap: samples must be at least 1, got ", samples);
  TORCH_CHECK(confidence > 0 && confidence < 1,
              "paired bootstrap: confidence must be between 0 and 1, got ", confidence);
  std::vector<double> differences(a.size());
  std::transform(a.begin(), a.end(), b.begin(), differences.begin(), std::minus<>());

  const auto n = static_cast<uint32_t>(differences.size());
  data::SeededRandom random({seed});
  std::vector<double> means(static_cast<size_t>(samples));
  for (double& resampled : means) {
    double sum = 0;
    for (uint32_t i = 0; i < n; ++i) sum += differences[random.below(n)];
    resampled = sum / n;
  }
  std::sort(means.begin(), means.end());
  const double tail = (1 - confidence) / 2;
  return {mean(differences), quantile(means, tail), quantile(means, 1 - tail)};
}

}  // namespace vidqa::benchmarks
