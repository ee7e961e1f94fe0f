#include "benchmarks/statistics/clustered_mean.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include <boost/math/distributions/students_t.hpp>
#include <c10/util/Exception.h>

#include "benchmarks/statistics/descriptive.h"

namespace vidqa::benchmarks {

Clusters clusters_of(const std::vector<std::string>& labels) {
  std::unordered_map<std::string, int64_t> numbers;
  Clusters clusters;
  clusters.reserve(labels.size());
  for (const std::string& label : labels)
    clusters.push_back(numbers.emplace(label, static_cast<int64_t>(numbers.size())).first->second);
  return clusters;
}

Clusters no_clusters(int64_t n) {
  Clusters clusters(static_cast<size_t>(n));
  std::iota(clusters.begin(), clusters.end(), 0);
  return clusters;
}

int64_t num_clusters(const Clusters& clusters) {
  return clusters.empty() ? 0 : *std::max_element(clusters.begin(), clusters.end()) + 1;
}

ClusteredMean clustered_mean(const std::vector<double>& values, const Clusters& clusters) {
  TORCH_CHECK(values.size() == clusters.size(), "clustered mean: ", values.size(), " values, ",
              clusters.size(), " cluster numbers");
  const int64_t count = num_clusters(clusters);
  TORCH_CHECK(count > 1, "clustered mean: needs at least two clusters, got ", count);
  ClusteredMean result;
  result.mean = mean(values);
  std::vector<double> residuals(static_cast<size_t>(count), 0.0);
  for (size_t i = 0; i < values.size(); ++i)
    residuals[static_cast<size_t>(clusters[i])] += values[i] - result.mean;
  double squares = 0;
  for (const double residual : residuals) squares += residual * residual;
  const auto g = static_cast<double>(count);
  result.standard_error = std::sqrt(g / (g - 1) * squares) / static_cast<double>(values.size());
  if (result.standard_error == 0) {
    result.p = result.mean == 0 ? 1 : 0;
  } else {
    const double t = std::abs(result.mean) / result.standard_error;
    result.p = 2 * boost::math::cdf(boost::math::students_t(g - 1), -t);
  }
  return result;
}

}  // namespace vidqa::benchmarks
