#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "benchmarks/comparison.h"
#include "pipeline/cli/results_options.h"

namespace vidqa::cli {

enum class Executor { kLocal, kSlurm };

/// What `vidqa compare` is to do with the runs.
enum class CompareAction {
  kTrain,   ///< train what is missing, then the table
  kTable,   ///< the table of what is there
  kStatus,  ///< how far each run is
  kDryRun,  ///< what would be trained
};

struct CompareCommandOptions {
  // What is compared.
  benchmarks::ExperimentOptions experiment;
  std::string fusions;
  std::vector<std::string> grid;
  int64_t seeds = 2;
  std::string recipe;
  ResultsOptions results;  ///< finished runs instead
  std::string baseline;

  // How.
  std::string output;
  CompareAction action = CompareAction::kTrain;
  Executor executor = Executor::kLocal;
  std::string slurm_options;
  int64_t jobs = 0;  ///< 0: as left out
  int64_t threads = 0;
  bool retry_failed = false;
  int64_t bootstrap_samples = 10000;
  bool as_json = false;

  bool is_of_finished_runs() const { return !results.runs.empty() || results.results.has_value(); }
};

/// Adds the options of `compare`. Wrong combinations end the parsing (CLI::ParseError).
void bind_compare_options(CLI::App& command, CompareCommandOptions& options);

/// A comparison that is asked for.
struct PlannedComparison {
  std::string title;  ///< the file it comes from; empty on the command line
  benchmarks::ComparisonOptions options;
  std::string recipe;  ///< recipe_toml() of it
};

/// One a part of the recipe; --recipe gives what the command line does not. With several parts,
/// each has <output>/<name of its file>; without --output a recipe's is compare/<its folder>/<its
/// name>. Throws std::runtime_error or c10::Error naming file and
/// option.
std::vector<PlannedComparison> planned_comparisons(CLI::App& command,
                                                   const CompareCommandOptions& options);

}  // namespace vidqa::cli
