#include <algorithm>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/comparison.h"
#include "benchmarks/report.h"
#include "benchmarks/report_data.h"
#include "benchmarks/results_comparison.h"
#include "features/atomic_file.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/compare_options.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/dry_run.h"
#include "pipeline/cli/experiment_options.h"
#include "pipeline/cli/interrupt.h"
#include "pipeline/cli/process_executor.h"
#include "pipeline/cli/run_status.h"
#include "pipeline/cli/slurm_executor.h"
#include "pipeline/cli/training_console.h"

namespace vidqa::cli {
namespace {

namespace fs = std::filesystem;
using benchmarks::Comparison;
using benchmarks::ComparisonOptions;
using benchmarks::PlannedRun;

/// Prints a table and keeps it beside the runs; the exit code.
int show(const Comparison& comparison, const std::string& output, bool as_json) {
  if (!output.empty()) benchmarks::write_tables(comparison, output);
  if (as_json) {
    fmt::print("{}", benchmarks::to_json(comparison));
  } else {
    fmt::print("{}", benchmarks::to_terminal(comparison));
    if (!output.empty()) fmt::print("\nThe same table: {}/table.{{md,csv,json,tex}}\n", output);
  }
  return comparison.failures.empty() ? 0 : 1;
}

int compare_finished(const CompareCommandOptions& options) {
  benchmarks::ResultsComparisonOptions comparison;
  comparison.baseline = options.baseline;
  comparison.bootstrap_samples = options.bootstrap_samples;
  comparison.seed = options.experiment.train.seed;
  return show(
      benchmarks::compare_results(load_results(options.results),
                                  options.results.results.value_or("finished runs"), comparison),
      options.output, options.as_json);
}

/// Keeps what is compared beside its runs; returns the file.
std::string keep_recipe(const PlannedComparison& planned) {
  const fs::path folder = planned.options.output;
  fs::create_directories(folder);
  const std::string path = (folder / "comparison.toml").string();
  features::write_text_atomically(path, planned.recipe);
  return path;
}

benchmarks::RunExecutor executor_of(const CompareCommandOptions& options, const std::string& output,
                                    Progress& progress) {
  if (options.jobs > 1) return train_in_processes({options.jobs, options.threads, output});
  return benchmarks::train_here(experiment_toml, training_observer(progress));
}

int train_locally(const PlannedComparison& planned, const CompareCommandOptions& options) {
  const std::string& output = planned.options.output;
  Progress progress("training", "steps");
  const benchmarks::RunExecutor execute = executor_of(options, output, progress);
  const Comparison result = benchmarks::compare(
      planned.options,
      [&](const std::vector<PlannedRun>& runs, benchmarks::ExperimentData& data) {
        keep_recipe(planned);
        execute(runs, data);
      },
      say);
  progress.clear();
  return show(result, output, options.as_json);
}

int submit(const PlannedComparison& planned, const CompareCommandOptions& options) {
  const ComparisonOptions& comparison = planned.options;
  const std::vector<PlannedRun> runs = benchmarks::plan_runs(comparison);
  benchmarks::ExperimentData data;
  benchmarks::check_runs(runs, data);
  const std::vector<PlannedRun> to_do = benchmarks::runs_to_do(runs, comparison.retry_failed, say);
  if (to_do.empty())
    return show(benchmarks::compare_done(comparison, runs, data), comparison.output,
                options.as_json);
  const SlurmJobs jobs =
      submit_to_slurm(to_do, {comparison.output, options.slurm_options, options.jobs,
                              keep_recipe(planned), comparison.bootstrap_samples});
  fmt::print("{} runs submitted as job {}, the table as job {}; --status says how far they are\n",
             to_do.size(), jobs.runs, jobs.table);
  return 0;
}

int act(const PlannedComparison& planned, const CompareCommandOptions& options) {
  const ComparisonOptions& comparison = planned.options;
  switch (options.action) {
    case CompareAction::kDryRun: {
      const DryRun dry = dry_run(comparison);
      fmt::print("{}", dry.text);
      return dry.can_be_built ? 0 : 1;
    }
    case CompareAction::kStatus:
      fmt::print("{}", benchmarks::to_terminal(run_status(benchmarks::plan_runs(comparison),
                                                          slurm_states(comparison.output))));
      return 0;
    case CompareAction::kTable: {
      benchmarks::ExperimentData data;
      return show(benchmarks::compare_done(comparison, benchmarks::plan_runs(comparison), data),
                  comparison.output, options.as_json);
    }
    case CompareAction::kTrain:
      break;
  }
  return options.executor == Executor::kSlurm ? submit(planned, options)
                                              : train_locally(planned, options);
}

int compare(CLI::App& command, const CompareCommandOptions& options) {
  if (options.is_of_finished_runs()) return compare_finished(options);
  const std::vector<PlannedComparison> comparisons = planned_comparisons(command, options);
  start_computing(options.threads);
  catch_interrupts();
  int exit_code = 0;
  for (const PlannedComparison& planned : comparisons) {
    if (comparisons.size() > 1 && !options.as_json) fmt::print("\n{}\n", planned.title);
    exit_code = std::max(exit_code, act(planned, options));
  }
  return exit_code;
}

}  // namespace

Command add_compare_command(CLI::App& app) {
  auto options = std::make_shared<CompareCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "compare", "Train one model in several variants, with several seeds -> one table");
  bind_compare_options(*command, *options);
  command->footer(
      fusion_help() +
      "\n\nEvery cell of the grid with every seed is a run with a folder of its own. Runs that are "
      "DONE are skipped,\n"
      "others go on where they stopped, so the same command may be given again at any time.\n"
      "Rows for chance, the most frequent answer and the question-only model stand in every "
      "table. Differences\n"
      "to the baseline carry a 95 % interval (paired bootstrap that draws whole videos), a test, "
      "its p corrected\nfor the number of arms (Holm), and the difference that these questions "
      "can show. With several seeds\na second table tests over seeds and says how many it would "
      "take.\n\n"
      "Example: vidqa compare --dataset tgif-frameqa --data data/synth --features features.h5 \\\n"
      "           --fusions concat,mcb,mlb,mfb --seeds 2 --output compare\n"
      "Example: vidqa compare ... --grid fusion=mcb,mfb --grid lr=1e-4,3e-4 --seeds 5 --jobs 4\n"
      "Example: vidqa compare --recipe benchmarks/recipes/tvqa/paper.toml --dry-run\n\n"
      "Without training: " +
      kResultsHelp +
      "\nExample: vidqa compare --results val_correct.json --total 15253 --baseline SVIR");
  return {command, [options, command] { return compare(*command, *options); }};
}

}  // namespace vidqa::cli
