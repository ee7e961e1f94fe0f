#pragma once

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

/// Value at share `p` (0..1) of at least one `sorted` value, between the two around place
/// p * (n - 1), in proportion (type 7 of Hyndman & Fan, "Sample Quantiles in Statistical Packages",
/// 1996, the default of R and NumPy).
double quantile(const std::vector<double>& sorted, double p);

}  // namespace vidqa::benchmarks
