#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/comparison.h"
#include "benchmarks/report.h"
#include "benchmarks/report_data.h"
#include "benchmarks/results_comparison.h"
#include "fusion/fusion.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/experiment_options.h"
#include "pipeline/cli/results_options.h"
#include "pipeline/cli/training_console.h"

namespace vidqa::cli {
namespace {

struct CompareCommandOptions {
  benchmarks::ComparisonOptions comparison;
  std::string fusions;
  ResultsOptions results;
  std::string baseline;
  bool as_json = false;
  int64_t threads = 0;
};

void print(const benchmarks::Comparison& comparison, const CompareCommandOptions& options) {
  const std::string& output = options.comparison.output;
  if (!output.empty()) benchmarks::write_tables(comparison, output);
  if (options.as_json) {
    fmt::print("{}", benchmarks::to_json(comparison));
    return;
  }
  fmt::print("{}", benchmarks::to_terminal(comparison));
  if (!output.empty()) fmt::print("\nThe same table: {}/table.{{md,csv,json}}\n", output);
}

int compare_finished(const CompareCommandOptions& options) {
  benchmarks::ResultsComparisonOptions comparison;
  comparison.baseline = options.baseline;
  comparison.bootstrap_samples = options.comparison.bootstrap_samples;
  comparison.seed = options.comparison.base.train.seed;
  print(benchmarks::compare_results(load_results(options.results),
                                    options.results.results.value_or("finished runs"), comparison),
        options);
  return 0;
}

int compare_trained(CompareCommandOptions& options) {
  options.comparison.fusions = fusion::split_specs(options.fusions);
  start_computing(options.threads);
  Progress progress("training", "steps");
  const benchmarks::Comparison comparison =
      benchmarks::compare(options.comparison, experiment_toml, training_observer(progress));
  progress.clear();
  print(comparison, options);
  return comparison.failures.empty() ? 0 : 1;
}

int compare(CompareCommandOptions& options) {
  return options.baseline.empty() ? compare_trained(options) : compare_finished(options);
}

/// Options of finished runs. Where these are named, `training` options are neither required nor
/// allowed, and `output` is not required.
void bind_finished_runs(CLI::App& command, CompareCommandOptions& options,
                        const std::vector<CLI::Option*>& training, CLI::Option* output) {
  const ResultsBinding finished = bind_results_options(command, options.results);
  CLI::Option* baseline = command.add_option(
      "--baseline", options.baseline, "With --runs or --results: the run that others differ from");
  for (CLI::Option* option : {finished.runs, finished.results}) {
    option->needs(baseline);
    option->each([option, training, output](const std::string&) {
      output->required(false);
      for (CLI::Option* other : training) {
        if (other->count() > 0) throw CLI::ExcludesError(option->get_name(), other->get_name());
        other->required(false);
      }
    });
  }
}

/// Everything that has been added but for help and the seed, which the bootstrap has as well.
std::vector<CLI::Option*> training_options(CLI::App& command) {
  std::vector<CLI::App*> groups = command.get_subcommands([](CLI::App*) { return true; });
  groups.push_back(&command);
  std::vector<CLI::Option*> options;
  for (CLI::App* group : groups) {
    for (CLI::Option* option : group->get_options()) {
      if (option->get_name() != "--help" && option->get_name() != "--seed")
        options.push_back(option);
    }
  }
  return options;
}

}  // namespace

Command add_compare_command(CLI::App& app) {
  auto options = std::make_shared<CompareCommandOptions>();
  CLI::App* command =
      app.add_subcommand("compare", "Train one model with several fusions and seeds -> one table");
  bind_experiment_options(*command, options->comparison.base);
  command
      ->add_option("--fusions", options->fusions,
                   "Fusions, separated by commas; the first one is the baseline")
      ->required();
  command
      ->add_option("--seeds", options->comparison.num_seeds,
                   "Seeds a fusion: --seed, --seed + 1, ...")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  const std::vector<CLI::Option*> training = training_options(*command);
  command
      ->add_option("--bootstrap-samples", options->comparison.bootstrap_samples,
                   "Resamples of the questions behind an interval")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI::Option* output =
      command
          ->add_option("--output", options->comparison.output,
                       "Folder for runs/ and table.{md,csv,json}; finished runs are kept")
          ->required();
  bind_finished_runs(*command, *options, training, output);
  command->add_flag("--json", options->as_json, "Print the table as JSON, in full precision");
  command->add_option("--threads", options->threads, "Threads; 0: one per processor")
      ->capture_default_str();
  command->footer(
      fusion_help() +
      "\n\nRows for chance, the most frequent answer and the question-only model stand in every "
      "table. Differences\n"
      "to the baseline carry a 95 % interval (paired bootstrap that draws whole videos), a test, "
      "its p corrected\nfor the number of fusions (Holm), and the difference that these questions "
      "can show. With several seeds\na second table tests over seeds and says how many it would "
      "take.\n\n"
      "Example: vidqa compare --dataset tgif-frameqa --data data/synth --features features.h5 \\\n"
      "           --fusions concat,mcb,mlb,mfb --seeds 2 --output compare\n\n"
      "Without training: " +
      kResultsHelp +
      "\nExample: vidqa compare --results val_correct.json --total 15253 --baseline SVIR");
  return {command, [options] { return compare(*options); }};
}

}  // namespace vidqa::cli
