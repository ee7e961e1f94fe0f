#pragma once

#include <cstdint>
#include <vector>

#include "benchmarks/statistics/clustered_mean.h"
#include "benchmarks/statistics/descriptive.h"

namespace vidqa::benchmarks {

/// Percentile bootstrap interval of the mean of paired differences a[i] - b[i] (Efron & Tibshirani,
/// "An Introduction to the Bootstrap", 1993, ch. 13). Whole clusters are drawn with all their
/// questions (Field & Welsh, "Bootstrapping clustered data", 2007), and the mean is over the
/// questions drawn; no_clusters() draws single questions. A pure function of its arguments.
///
/// Throws c10::Error when the sizes differ or are 0. One cluster alone gives an interval without
/// width: the caller must know better.
Interval paired_bootstrap(const std::vector<double>& a, const std::vector<double>& b,
                          const Clusters& clusters, int64_t samples, uint64_t seed,
                          double confidence = 0.95);

/// The same for each of `systems` against `baseline`, from the same draws, in a fraction of the
/// time.
std::vector<Interval> paired_bootstraps(const std::vector<std::vector<double>>& systems,
                                        const std::vector<double>& baseline,
                                        const Clusters& clusters, int64_t samples, uint64_t seed,
                                        double confidence = 0.95);

}  // namespace vidqa::benchmarks
