#include "pipeline/cli/compare_options.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/grid.h"
#include "fusion/fusion.h"
#include "pipeline/cli/experiment_options.h"
#include "pipeline/cli/experiment_settings.h"
#include "pipeline/cli/recipe.h"

namespace vidqa::cli {
namespace {

namespace fs = std::filesystem;

void bind_what(CLI::App& command, CompareCommandOptions& options) {
  bind_experiment_options(command, options.experiment);
  for (CLI::Option* option : options_of(command)) option->required(false);
  CLI::Option* fusions = command.add_option(
      "--fusions", options.fusions, "Fusions, separated by commas: short for --grid fusion=...");
  command
      .add_option("--grid", options.grid,
                  "OPTION=VALUE,VALUE,...: an option of `vidqa train` and its values, between "
                  "semicolons where they hold commas; may be given again, for all combinations. "
                  "The first cell is the baseline")
      ->allow_extra_args(false);
  command.add_option("--seeds", options.seeds, "Seeds of every cell: --seed, --seed + 1, ...")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command
      .add_option("--recipe", options.recipe,
                  "TOML file of a comparison (benchmarks/recipes); the command line wins")
      ->excludes(fusions);
}

void bind_how(CLI::App& command, CompareCommandOptions& options) {
  command
      .add_option("--jobs", options.jobs,
                  "Runs at once, a process each, which share the threads; slurm: tasks at once")
      ->check(CLI::PositiveNumber);
  command.add_flag("--retry-failed", options.retry_failed,
                   "Try runs again that have FAILED; without it, they are left alone");
  static const std::map<std::string, Executor> executors = {{"local", Executor::kLocal},
                                                            {"slurm", Executor::kSlurm}};
  command
      .add_option_function<std::string>(
          "--executor",
          [&options](const std::string& name) { options.executor = executors.at(name); },
          "local: trained here; slurm: submitted as a job array, and a job for the table")
      ->default_str("local")
      ->check(CLI::IsMember({"local", "slurm"}));
  command.add_option(
      "--slurm-options", options.slurm_options,
      "Further options of sbatch, e.g. '--partition=gpu --gres=gpu:1 --time=8:00:00'");
  const auto add_action = [&](const char* name, CompareAction action, const char* description) {
    return command.add_flag_function(
        name, [&options, action](int64_t /*count*/) { options.action = action; }, description);
  };
  CLI::Option* dry_run =
      add_action("--dry-run", CompareAction::kDryRun,
                 "Print every run with its parameters, memory and estimated time; needs no data");
  CLI::Option* status =
      add_action("--status", CompareAction::kStatus, "Print how far every run is; train nothing");
  CLI::Option* table = add_action("--table-only", CompareAction::kTable,
                                  "The table of the runs that are done; train nothing");
  dry_run->excludes(status)->excludes(table);
  status->excludes(table);
}

/// Where finished runs are named, options of training are not allowed.
void check_finished(const CompareCommandOptions& options,
                    const std::vector<CLI::Option*>& training) {
  const std::string source = options.results.results ? "--results" : "--runs";
  if (options.baseline.empty()) throw CLI::RequiresError(source, "--baseline");
  for (const CLI::Option* option : training) {
    if (option->count() > 0) throw CLI::ExcludesError(source, option->get_name());
  }
}

void check_training(const CompareCommandOptions& options) {
  const bool dry_run = options.action == CompareAction::kDryRun;
  if (options.recipe.empty()) {
    if (options.fusions.empty() && options.grid.empty())
      throw CLI::RequiredError("--fusions, --grid or --recipe");
    if (options.experiment.dataset.empty()) throw CLI::RequiredError("--dataset");
  }
  if (dry_run) return;
  if (!options.recipe.empty()) return;
  if (options.output.empty()) throw CLI::RequiredError("--output");
  if (options.experiment.data.root.empty()) throw CLI::RequiredError("--data");
}

benchmarks::Grid grid_of(const CompareCommandOptions& options) {
  benchmarks::Grid grid;
  if (!options.fusions.empty())
    grid.axes.push_back({"fusion", fusion::split_specs(options.fusions)});
  for (const std::string& axis : options.grid)
    grid.axes.push_back(benchmarks::parse_grid_axis(axis));
  return grid;
}

PlannedComparison plan(CLI::App& command, const CompareCommandOptions& options,
                       const Recipe& recipe, const std::string& output) {
  PlannedComparison planned;
  planned.title = recipe.path;
  benchmarks::ExperimentOptions base;
  if (!recipe.path.empty()) apply_settings(base, recipe.train, recipe.path);
  apply_settings(base, explicit_settings(command), "compare");
  if (base.dataset.empty()) throw std::runtime_error(recipe.path + ": [train] names no dataset");
  if (base.data.root.empty() && options.action != CompareAction::kDryRun)
    throw std::runtime_error(recipe.path + ": give the folder of the data: --data DIR");

  benchmarks::Grid grid = grid_of(options);
  if (grid.axes.empty()) grid = recipe.grid;
  benchmarks::ComparisonOptions& comparison = planned.options;
  set_arms(base, grid, comparison);
  const bool seeds_given = command.get_option("--seeds")->count() > 0;
  comparison.num_seeds = seeds_given ? options.seeds : recipe.seeds.value_or(options.seeds);
  comparison.baseline = options.baseline.empty() ? recipe.baseline : options.baseline;
  comparison.output = output;
  comparison.retry_failed = options.retry_failed;
  comparison.bootstrap_samples = options.bootstrap_samples;
  benchmarks::plan_runs(comparison);  // throws on what makes no comparison, before anything is made
  planned.recipe = recipe_toml(base, grid, comparison.num_seeds, comparison.baseline);
  return planned;
}

/// Where a recipe's runs go unless that is said: recipes/tvqa/svi.toml -> compare/tvqa/svi.
fs::path output_of(const std::string& recipe) {
  const fs::path path = fs::absolute(recipe);
  return fs::path("compare") / path.parent_path().filename() / path.stem();
}

}  // namespace

void bind_compare_options(CLI::App& command, CompareCommandOptions& options) {
  bind_what(command, options);
  bind_how(command, options);
  std::vector<CLI::Option*> training = options_of(command);
  training.erase(std::remove_if(training.begin(), training.end(),
                                [](const CLI::Option* option) {
                                  return option->get_name() == "--seed";  // the bootstrap's as well
                                }),
                 training.end());
  command
      .add_option("--bootstrap-samples", options.bootstrap_samples,
                  "Resamples of the questions behind an interval")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option(
      "--output", options.output,
      "Folder for runs/ and table.{md,csv,json,tex}; finished runs are kept. A recipe's: "
      "compare/<folder of the file>/<its name>, where left out");
  bind_results_options(command, options.results);
  command.add_option("--baseline", options.baseline,
                     "The arm or run that others differ from; an arm: the first where left out");
  command.add_flag("--json", options.as_json, "Print the table as JSON, in full precision");
  command
      .add_option("--threads", options.threads,
                  "Threads of all runs together; 0: one per processor")
      ->capture_default_str();
  command.callback([&options, training] {
    if (options.is_of_finished_runs()) {
      check_finished(options, training);
    } else {
      check_training(options);
    }
  });
}

std::vector<PlannedComparison> planned_comparisons(CLI::App& command,
                                                   const CompareCommandOptions& options) {
  if (options.recipe.empty()) return {plan(command, options, {}, options.output)};
  const std::vector<Recipe> parts = read_parts(options.recipe);
  const fs::path folder =
      options.output.empty() ? output_of(options.recipe) : fs::path(options.output);
  std::vector<PlannedComparison> comparisons;
  for (const Recipe& part : parts) {
    const fs::path output = parts.size() == 1 ? folder : folder / fs::path(part.path).stem();
    comparisons.push_back(plan(command, options, part, output.string()));
  }
  return comparisons;
}

}  // namespace vidqa::cli
