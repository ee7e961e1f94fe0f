#pragma once

#include <cstdint>
#include <string>

#include "benchmarks/comparison.h"
#include "benchmarks/run_results.h"
#include "pipeline/train/metrics.h"

namespace vidqa::benchmarks {

struct ResultsComparisonOptions {
  std::string baseline;  ///< name of a run
  int64_t bootstrap_samples = 10000;
  uint64_t seed = 1;  ///< of the bootstrap
};

/// What finished runs are compared by: accuracy, or for runs whose predictions are counts (no
/// candidates) the squared error. Throws c10::Error naming two runs of different tasks.
train::PrimaryMetric primary_metric_of(const RunResults& results);

/// Finished runs, wherever they were trained, against one of them: the rows of a Comparison without
/// training, in the order of the runs, by primary_metric_of(). `title` stands for the data set.
/// Throws c10::Error listing the runs when there is no such baseline.
Comparison compare_results(const RunResults& results, const std::string& title,
                           const ResultsComparisonOptions& options);

}  // namespace vidqa::benchmarks
