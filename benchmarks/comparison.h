#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/comparison_row.h"
#include "benchmarks/comparison_runs.h"

namespace vidqa::benchmarks {

/// A run that has no place in the table.
struct FailedRun {
  std::string name;  ///< as in ComparisonRow
  uint64_t seed = 0;
  std::string folder;
  std::string reason;
};

struct Comparison {
  std::string dataset;         ///< or the file that the results came from
  std::string split = "test";  ///< whose questions were scored
  std::string metric;          ///< "accuracy" or "mse"
  bool higher_is_better = true;
  int64_t num_questions = 0;
  /// That the bootstrap draws with all their questions; 0: single questions.
  int64_t num_videos = 0;
  std::vector<uint64_t> seeds;      ///< empty: finished runs
  std::vector<std::string> varied;  ///< what ComparisonRow::settings are values of
  /// Difference of the metric that SeedTest::seeds_needed is about.
  double worthwhile_difference = 0.01;
  /// Chance, most frequent, question-only, then the arms as asked for; or runs in their order.
  std::vector<ComparisonRow> rows;
  std::vector<std::string> notes;   ///< one seed only, answers outside the set, ...
  std::vector<FailedRun> failures;  ///< the caller reports them and ends with an error
};

/// Trains runs that are not done, each in its folder. It leaves DONE or FAILED there; what was
/// interrupted has neither. Throws train::Interrupted to stop the comparison.
using RunExecutor = std::function<void(const std::vector<PlannedRun>& runs, ExperimentData& data)>;

/// Runs in this process, one after another. `config_toml(options)` gives the text of a run's
/// config.toml.
RunExecutor train_here(const std::function<std::string(const ExperimentOptions&)>& config_toml,
                       const train::TrainObserver& observer);

/// Trains what is not there yet and compares: check_runs(), then `execute` on what runs_to_do()
/// leaves, then compare_done(). Errors that are known before the first training are thrown
/// (c10::Error), as is train::Interrupted; those within a run are in `failures`.
Comparison compare(const ComparisonOptions& options, const RunExecutor& execute,
                   const Say& on_message);

/// The table of the runs that are done; the others are `failures`, with the reason or that they are
/// not done. Chance, most-frequent (baselines.h) and question-only rows are always there.
Comparison compare_done(const ComparisonOptions& options, const std::vector<PlannedRun>& runs,
                        ExperimentData& data);

}  // namespace vidqa::benchmarks
