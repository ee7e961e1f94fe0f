#pragma once

#include <functional>
#include <string>
#include <vector>

#include "benchmarks/experiment.h"
#include "benchmarks/statistics.h"

namespace vidqa::benchmarks {

struct ComparisonOptions {
  ExperimentOptions base;            ///< every run is this with another fusion and seed
  std::vector<std::string> fusions;  ///< specs; the first is the baseline
  int64_t num_seeds = 2;             ///< seeds base.train.seed, +1, ...
  std::string output;                ///< runs go to <output>/runs/<arm>/seed<k>
  int64_t bootstrap_samples = 10000;
};

/// A row of the table.
struct ComparisonRow {
  enum class Kind { kFusion, kQuestionOnly, kMostFrequent, kChance };
  Kind kind = Kind::kFusion;
  std::string name;            ///< fusion spec, "question-only", "most frequent", "chance"
  int64_t parameters = 0;      ///< 0 for rows without a model
  std::vector<double> values;  ///< primary metric on test, one a seed
  double mean = 0;
  double sd = 0;               ///< over seeds; 0 with one
  bool is_baseline = false;
  /// Difference to the baseline of the per-question values (mean over seeds), with its interval; unset for the baseline.
  std::optional<Interval> difference;
  double seconds_per_epoch = 0;
  double peak_memory_mb = 0;
  std::map<std::string, double> by_type;  ///< mean over seeds of the primary metric per question type
};

struct Comparison {
  std::string dataset;
  std::string metric;  ///< "accuracy" or "mse"
  bool higher_is_better = true;
  int64_t num_questions = 0;
  std::vector<uint64_t> seeds;
  std::vector<ComparisonRow> rows;
  std::vector<std::string> notes;  ///< one seed only, answers outside the set, ...
};

/// Trains what is not there yet (a run with DONE is skipped, one without is resumed) and evaluates. Chance, most-frequent
/// and question-only rows are always there. `config_toml(options)` gives the text of a run's config.toml.
Comparison compare(const ComparisonOptions& options,
                   const std::function<std::string(const ExperimentOptions&)>& config_toml,
                   const train::TrainObserver& observer);

}  // namespace vidqa::benchmarks
