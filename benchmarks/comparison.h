#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/comparison_row.h"
#include "benchmarks/experiment.h"

namespace vidqa::benchmarks {

struct ComparisonOptions {
  ExperimentOptions base;            ///< every run is this with another fusion and seed
  std::vector<std::string> fusions;  ///< specs; the first is the baseline
  int64_t num_seeds = 2;             ///< seeds base.train.seed, +1, ...
  std::string output;                ///< runs go to <output>/runs/<arm>/seed<k>
  int64_t bootstrap_samples = 10000;
};

/// A run that ended with an error; the others go on.
struct FailedRun {
  std::string name;  ///< as in ComparisonRow
  uint64_t seed = 0;
  std::string folder;
  std::string reason;
};

struct Comparison {
  std::string dataset;  ///< or the file that the results came from
  std::string metric;   ///< "accuracy" or "mse"
  bool higher_is_better = true;
  int64_t num_questions = 0;
  int64_t num_videos =
      0;  ///< that the bootstrap draws with all their questions; 0: single questions
  std::vector<uint64_t> seeds;  ///< empty: finished runs
  /// Difference of the metric that SeedTest::seeds_needed is about.
  double worthwhile_difference = 0.01;
  /// Chance, most frequent, question-only, then the fusions as asked for; or runs in their order.
  std::vector<ComparisonRow> rows;
  std::vector<std::string> notes;   ///< one seed only, answers outside the set, ...
  std::vector<FailedRun> failures;  ///< the caller reports them and ends with an error
};

/// Trains what is not there yet (a run with DONE is skipped, one without is resumed) and evaluates,
/// one run after another: every fusion with every seed, then question-only. Chance, most-frequent
/// (baselines.h) and question-only rows are always there. `config_toml(options)` gives the text of
/// a run's config.toml.
///
/// Every arm is built once and every existing run is checked before the first training starts:
/// those errors are thrown (c10::Error), as is train::Interrupted. An error within a run is kept in
/// `failures`.
Comparison compare(const ComparisonOptions& options,
                   const std::function<std::string(const ExperimentOptions&)>& config_toml,
                   const train::TrainObserver& observer);

}  // namespace vidqa::benchmarks
