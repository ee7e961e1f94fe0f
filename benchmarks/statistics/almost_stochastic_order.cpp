#include "benchmarks/statistics/almost_stochastic_order.h"

#include <algorithm>

#include <c10/util/Exception.h>

#include "benchmarks/statistics/descriptive.h"
#include "benchmarks/statistics/normal.h"
#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

std::vector<double> resample(const std::vector<double>& values, data::SeededRandom& random) {
  std::vector<double> drawn(values.size());
  for (double& value : drawn) value = values[random.below(values.size())];
  return drawn;
}

}  // namespace

double violation_ratio(std::vector<double> a, std::vector<double> b) {
  TORCH_CHECK(!a.empty() && !b.empty(), "almost stochastic order: needs scores on both sides");
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  // Both quantile functions are constant between multiples of 1 / (n m): a steps every m of them,
  // b every n.
  const size_t n = a.size();
  const size_t m = b.size();
  double violated = 0;
  double all = 0;
  for (size_t at = 0; at < n * m;) {
    const size_t i = at / m;
    const size_t j = at / n;
    const size_t next = std::min((i + 1) * m, (j + 1) * n);
    const double difference = a[i] - b[j];
    const double part = difference * difference * static_cast<double>(next - at);
    all += part;
    if (difference < 0) violated += part;
    at = next;
  }
  return all > 0 ? violated / all : 0.5;
}

double almost_stochastic_order(const std::vector<double>& a, const std::vector<double>& b,
                               uint64_t seed, int64_t samples, double confidence) {
  TORCH_CHECK(samples > 1, "almost stochastic order: samples must be at least 2, got ", samples);
  const double ratio = violation_ratio(a, b);
  data::SeededRandom random({seed});
  std::vector<double> resampled(static_cast<size_t>(samples));
  for (double& value : resampled) {
    std::vector<double> drawn_a = resample(a, random);
    value = violation_ratio(std::move(drawn_a), resample(b, random));
  }
  // sqrt(nm / (n + m)) scales the resampled deviations up to sigma and the bound down again.
  const double bound = ratio + standard_deviation(resampled) * normal_quantile(confidence);
  return std::clamp(bound, 0.0, 1.0);
}

}  // namespace vidqa::benchmarks
