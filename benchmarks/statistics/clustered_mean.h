#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vidqa::benchmarks {

/// Which questions belong together, because they are about one video: a number of 0, 1, ... for
/// every question.
using Clusters = std::vector<int64_t>;

/// Clusters by equal labels, numbered by first appearance.
Clusters clusters_of(const std::vector<std::string>& labels);

/// A cluster of its own for every one of `n` questions.
Clusters no_clusters(int64_t n);

int64_t num_clusters(const Clusters& clusters);

/// The mean of values that are independent between clusters and alike within.
struct ClusteredMean {
  double mean = 0;
  /// Of the mean, G clusters: sqrt(G / (G - 1) * sum over clusters of (sum of residuals)^2) / n
  /// (Cameron & Miller, "A Practitioner's Guide to Cluster-Robust Inference", 2015, CR1). With one
  /// value a cluster it is the standard deviation / sqrt(n).
  double standard_error = 0;
  /// Two-sided, that the true mean is 0: t with G - 1 degrees of freedom (the same source).
  /// Without any spread 1 where the mean is 0, else 0.
  double p = 1;
};

/// Throws c10::Error when sizes differ or there are fewer than two clusters.
ClusteredMean clustered_mean(const std::vector<double>& values, const Clusters& clusters);

}  // namespace vidqa::benchmarks
