#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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
  std::vector<double> values;  ///< primary metric on test, one a seed that did not fail
  double mean = 0;
  double sd = 0;  ///< over seeds; 0 with one
  bool is_baseline = false;
  /// Difference to the baseline of the per-question values (mean over seeds), with its interval;
  /// unset for the baseline.
  std::optional<Interval> difference;
  double seconds_per_epoch = 0;
  double peak_memory_mb = 0;
  /// Mean over seeds of the primary metric per question type.
  std::map<std::string, double> by_type;
};

/// A run that ended with an error; the others go on.
struct FailedRun {
  std::string name;  ///< as in ComparisonRow
  uint64_t seed = 0;
  std::string folder;
  std::string reason;
};

struct Comparison {
  std::string dataset;
  std::string metric;  ///< "accuracy" or "mse"
  bool higher_is_better = true;
  int64_t num_questions = 0;
  std::vector<uint64_t> seeds;
  /// Chance, most frequent, question-only, then the fusions as asked for.
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
