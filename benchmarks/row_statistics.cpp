#include "benchmarks/row_statistics.h"

#include <algorithm>
#include <functional>

#include "benchmarks/statistics/almost_stochastic_order.h"
#include "benchmarks/statistics/bootstrap.h"
#include "benchmarks/statistics/holm.h"
#include "benchmarks/statistics/mcnemar.h"
#include "benchmarks/statistics/power.h"
#include "benchmarks/statistics/proportion.h"
#include "benchmarks/statistics/wilcoxon.h"

namespace vidqa::benchmarks {
namespace {

using Kind = ComparisonRow::Kind;

bool right_or_wrong(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](double value) { return value == 0 || value == 1; });
}

McNemar mcnemar_of(const std::vector<double>& a, const std::vector<double>& b) {
  int64_t only_a = 0;
  int64_t only_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    only_a += a[i] > b[i] ? 1 : 0;
    only_b += a[i] < b[i] ? 1 : 0;
  }
  return mcnemar(only_a, only_b);
}

BaselineTest test_against(const std::vector<double>& values, const std::vector<double>& baseline,
                          const Clusters& clusters, bool is_accuracy) {
  std::vector<double> differences(values.size());
  std::transform(values.begin(), values.end(), baseline.begin(), differences.begin(),
                 std::minus<>());
  const ClusteredMean difference = clustered_mean(differences, clusters);
  BaselineTest test;
  test.detectable_difference = detectable_difference(difference.standard_error);
  if (is_accuracy && right_or_wrong(values) && right_or_wrong(baseline)) {
    const McNemar result = mcnemar_of(values, baseline);
    test.discordant = BaselineTest::Discordant{result.only_a, result.only_b};
    test.name = result.exact ? "McNemar, exact" : "McNemar";
    test.p = result.p;
  } else {
    test.name = "clustered t";
    test.p = difference.p;
  }
  return test;
}

/// Figures of the seeds that both rows have.
struct SeedPairs {
  std::vector<double> row;
  std::vector<double> baseline;
};

SeedPairs pair_seeds(const ValuedRow& row, const ValuedRow& baseline) {
  SeedPairs pairs;
  for (const auto& [seed, value] : row.by_seed) {
    const auto found = baseline.by_seed.find(seed);
    if (found == baseline.by_seed.end()) continue;
    pairs.row.push_back(value);
    pairs.baseline.push_back(found->second);
  }
  return pairs;
}

SeedTest test_over_seeds(const SeedPairs& pairs, const StatisticsOptions& options) {
  std::vector<double> differences(pairs.row.size());
  std::transform(pairs.row.begin(), pairs.row.end(), pairs.baseline.begin(), differences.begin(),
                 std::minus<>());
  SeedTest test;
  test.num_seeds = static_cast<int64_t>(pairs.row.size());
  test.difference = mean(differences);
  test.sd = standard_deviation(differences);
  test.wilcoxon_p = wilcoxon_signed_rank(pairs.row, pairs.baseline).p;
  // Lower is better: the baseline's figures must be the larger ones.
  test.epsilon = options.higher_is_better
                     ? almost_stochastic_order(pairs.row, pairs.baseline, options.seed)
                     : almost_stochastic_order(pairs.baseline, pairs.row, options.seed);
  test.seeds_needed = seeds_needed(options.worthwhile_difference, test.sd);
  return test;
}

/// Rows that are compared with the baseline.
std::vector<ValuedRow*> others(std::vector<ValuedRow>& rows) {
  std::vector<ValuedRow*> result;
  for (ValuedRow& r : rows) {
    if (!r.row.is_baseline && !r.question_values.empty()) result.push_back(&r);
  }
  return result;
}

void set_holm(const std::vector<ValuedRow*>& rows) {
  std::vector<BaselineTest*> family;
  std::vector<double> p_values;
  for (ValuedRow* r : rows) {
    const bool is_control = r->row.kind != Kind::kFusion && r->row.kind != Kind::kRun;
    if (is_control || !r->row.test) continue;
    family.push_back(&*r->row.test);
    p_values.push_back(r->row.test->p);
  }
  const std::vector<double> corrected = holm(p_values);
  for (size_t i = 0; i < family.size(); ++i) family[i]->p_holm = corrected[i];
}

}  // namespace

DrawnTogether drawn_by_video(const std::vector<std::string>& videos) {
  const bool known = std::none_of(videos.begin(), videos.end(),
                                  [](const std::string& video) { return video.empty(); });
  DrawnTogether drawn;
  drawn.clusters = clusters_of(videos);
  if (known && num_clusters(drawn.clusters) > 1) {
    drawn.num_videos = num_clusters(drawn.clusters);
    return drawn;
  }
  drawn.clusters = no_clusters(static_cast<int64_t>(videos.size()));
  drawn.note = known ? "all questions are about one video: intervals say nothing about others"
                     : "the videos are not known: questions about one video count as independent";
  return drawn;
}

std::map<std::string, double> means_by_type(const std::vector<std::string>& types,
                                            const std::vector<double>& values) {
  std::map<std::string, std::vector<double>> by_type;
  for (size_t i = 0; i < values.size(); ++i)
    by_type[types[i].substr(0, types[i].find('/'))].push_back(values[i]);
  std::map<std::string, double> means;
  for (const auto& [type, of_type] : by_type) means[type] = mean(of_type);
  return means;
}

void set_statistics(std::vector<ValuedRow>& rows, size_t baseline, const Clusters& clusters,
                    const StatisticsOptions& options) {
  ValuedRow& base = rows.at(baseline);
  base.row.is_baseline = true;
  for (ValuedRow& r : rows) {
    if (options.is_accuracy && !r.question_values.empty() && r.row.kind != Kind::kChance)
      r.row.interval = wilson_interval(r.row.mean, static_cast<int64_t>(r.question_values.size()));
  }
  if (base.question_values.empty()) return;

  const std::vector<ValuedRow*> compared = others(rows);
  std::vector<std::vector<double>> systems;
  for (const ValuedRow* r : compared) systems.push_back(r->question_values);
  const std::vector<Interval> differences = paired_bootstraps(
      systems, base.question_values, clusters, options.bootstrap_samples, options.seed);
  for (size_t i = 0; i < compared.size(); ++i) {
    ComparisonRow& row = compared[i]->row;
    row.difference = differences[i];
    if (num_clusters(clusters) > 1)
      row.test = test_against(systems[i], base.question_values, clusters, options.is_accuracy);
    const SeedPairs pairs = pair_seeds(*compared[i], base);
    if (pairs.row.size() > 1) row.seed_test = test_over_seeds(pairs, options);
  }
  set_holm(compared);
}

}  // namespace vidqa::benchmarks
