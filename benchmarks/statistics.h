#pragma once

#include <cstdint>
#include <vector>

namespace vidqa::benchmarks {

/// An estimate with its confidence interval.
struct Interval {
  double estimate = 0;
  double low = 0;
  double high = 0;
};

double mean(const std::vector<double>& values);

/// Sample standard deviation (n - 1); 0 for fewer than two values.
double standard_deviation(const std::vector<double>& values);

/// Percentile bootstrap interval of the mean of paired differences a[i] - b[i], resampling
/// questions (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13). A pure
/// function of its arguments. Throws c10::Error when the sizes differ or are 0.
Interval paired_bootstrap(const std::vector<double>& a, const std::vector<double>& b,
                          int64_t samples, uint64_t seed, double confidence = 0.95);

}  // namespace vidqa::benchmarks
