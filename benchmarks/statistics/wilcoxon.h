#pragma once

#include <cstdint>
#include <vector>

namespace vidqa::benchmarks {

struct SignedRank {
  double statistic = 0;     ///< sum of the ranks of positive differences a[i] - b[i]
  int64_t num_nonzero = 0;  ///< pairs that differ; the others are left out
  double p = 1;             ///< two-sided
};

/// Are paired figures, e.g. accuracies of two systems seed by seed, symmetric about no difference
/// (Wilcoxon, "Individual Comparisons by Ranking Methods", 1945)? Equal absolute differences share
/// their mean rank, and p is exact given the ranks, for any number of pairs. k pairs cannot give a
/// p below 2 / 2^k: six are needed to reach 0.05. Throws c10::Error when the sizes differ.
SignedRank wilcoxon_signed_rank(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace vidqa::benchmarks
