#include "benchmarks/statistics/bootstrap.h"

#include <algorithm>

#include <c10/util/Exception.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

/// Differences summed within clusters, those of one cluster side by side for all systems.
struct ClusterSums {
  size_t num_systems = 0;
  std::vector<double> counts;  // (G)
  std::vector<double> sums;    // (G, S)
};

ClusterSums sum_clusters(const std::vector<std::vector<double>>& systems,
                         const std::vector<double>& baseline, const Clusters& clusters) {
  const auto g = static_cast<size_t>(num_clusters(clusters));
  ClusterSums result{systems.size(), std::vector<double>(g),
                     std::vector<double>(g * systems.size())};
  for (size_t i = 0; i < baseline.size(); ++i) {
    const auto cluster = static_cast<size_t>(clusters[i]);
    result.counts[cluster] += 1;
    for (size_t s = 0; s < systems.size(); ++s)
      result.sums[cluster * systems.size() + s] += systems[s][i] - baseline[i];
  }
  return result;
}

/// Mean differences (S) of one draw, in which cluster g comes `times[g]` times.
std::vector<double> means_of_draw(const ClusterSums& clusters, const std::vector<double>& times) {
  std::vector<double> means(clusters.num_systems, 0.0);
  double count = 0;
  for (size_t g = 0; g < times.size(); ++g) {
    count += times[g] * clusters.counts[g];
    const double* sums = clusters.sums.data() + g * clusters.num_systems;
    for (size_t s = 0; s < means.size(); ++s) means[s] += times[g] * sums[s];
  }
  for (double& value : means) value /= count;
  return means;
}

}  // namespace

Interval paired_bootstrap(const std::vector<double>& a, const std::vector<double>& b,
                          const Clusters& clusters, int64_t samples, uint64_t seed,
                          double confidence) {
  return paired_bootstraps({a}, b, clusters, samples, seed, confidence).front();
}

std::vector<Interval> paired_bootstraps(const std::vector<std::vector<double>>& systems,
                                        const std::vector<double>& baseline,
                                        const Clusters& clusters, int64_t samples, uint64_t seed,
                                        double confidence) {
  for (const std::vector<double>& values : systems)
    TORCH_CHECK(values.size() == baseline.size(),
                "paired bootstrap: must have the same questions on both sides, got ", values.size(),
                " and ", baseline.size());
  TORCH_CHECK(!baseline.empty(), "paired bootstrap: needs at least one question");
  TORCH_CHECK(clusters.size() == baseline.size(), "paired bootstrap: ", baseline.size(),
              " questions, ", clusters.size(), " cluster numbers");
  TORCH_CHECK(samples > 0, "paired bootstrap: samples must be at least 1, got ", samples);
  TORCH_CHECK(confidence > 0 && confidence < 1,
              "paired bootstrap: confidence must be between 0 and 1, got ", confidence);
  const ClusterSums sums = sum_clusters(systems, baseline, clusters);
  const size_t g = sums.counts.size();
  const std::vector<double> estimates = means_of_draw(sums, std::vector<double>(g, 1.0));

  data::SeededRandom random({seed});
  std::vector<std::vector<double>> means(systems.size());  // (S, samples)
  for (int64_t sample = 0; sample < samples; ++sample) {
    std::vector<double> times(g, 0.0);
    for (size_t draw = 0; draw < g; ++draw) times[random.below(g)] += 1;
    const std::vector<double> of_draw = means_of_draw(sums, times);
    for (size_t s = 0; s < means.size(); ++s) means[s].push_back(of_draw[s]);
  }

  const double tail = (1 - confidence) / 2;
  std::vector<Interval> intervals;
  for (size_t s = 0; s < means.size(); ++s) {
    std::sort(means[s].begin(), means[s].end());
    intervals.push_back({estimates[s], quantile(means[s], tail), quantile(means[s], 1 - tail)});
  }
  return intervals;
}

}  // namespace vidqa::benchmarks
