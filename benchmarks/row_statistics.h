#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/comparison_row.h"
#include "benchmarks/statistics/clustered_mean.h"

namespace vidqa::benchmarks {

/// A row and what its figures are made of.
struct ValuedRow {
  ComparisonRow row;
  /// Primary metric of every question, mean over seeds; empty when every run failed.
  std::vector<double> question_values;
  std::map<uint64_t, double> by_seed;  ///< primary metric by seed; empty for rows without seeds
};

/// How a comparison is made.
struct StatisticsOptions {
  bool is_accuracy = true;
  bool higher_is_better = true;
  int64_t bootstrap_samples = 10000;
  uint64_t seed = 1;
  double worthwhile_difference = 0.01;
};

/// Which questions the bootstrap draws together: those of one video.
struct DrawnTogether {
  Clusters clusters;
  int64_t num_videos = 0;  ///< 0: questions are drawn one by one
  std::string note;        ///< why they are; empty where videos are drawn
};

/// Questions are drawn one by one where a video is not known (empty) or there is only one.
DrawnTogether drawn_by_video(const std::vector<std::string>& videos);

/// Mean of the values of every question type, sub-types ("what/when") counted with their type.
std::map<std::string, double> means_by_type(const std::vector<std::string>& types,
                                            const std::vector<double>& values);

/// Fills interval, difference, test and seed_test of every row that has values; `clusters` groups
/// the questions. Holm's correction is over the rows of fusions and runs.
void set_statistics(std::vector<ValuedRow>& rows, size_t baseline, const Clusters& clusters,
                    const StatisticsOptions& options);

}  // namespace vidqa::benchmarks
