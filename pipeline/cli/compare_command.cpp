#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/comparison.h"
#include "benchmarks/report.h"
#include "fusion/fusion.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/experiment_options.h"
#include "pipeline/cli/training_console.h"

namespace vidqa::cli {
namespace {

struct CompareCommandOptions {
  benchmarks::ComparisonOptions comparison;
  std::string fusions;
  int64_t threads = 0;
};

int compare(CompareCommandOptions& options) {
  options.comparison.fusions = fusion::split_specs(options.fusions);
  start_computing(options.threads);
  Progress progress("training", "steps");
  const benchmarks::Comparison comparison =
      benchmarks::compare(options.comparison, experiment_toml, training_observer(progress));
  progress.clear();

  benchmarks::write_tables(comparison, options.comparison.output);
  fmt::print("{}\nThe same table: {}/table.{{md,csv,json}}\n", benchmarks::to_terminal(comparison),
             options.comparison.output);
  return comparison.failures.empty() ? 0 : 1;
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
  command
      ->add_option("--bootstrap-samples", options->comparison.bootstrap_samples,
                   "Resamples of the questions behind an interval")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--output", options->comparison.output,
                   "Folder for runs/ and table.{md,csv,json}; finished runs are kept")
      ->required();
  command->add_option("--threads", options->threads, "Threads; 0: one per processor")
      ->capture_default_str();
  command->footer(
      fusion_help() +
      "\n\nRows for chance, the most frequent answer and the question-only model stand in every "
      "table. Differences\n"
      "to the baseline carry a 95 % interval: paired bootstrap over the test questions.\n\n"
      "Example: vidqa compare --dataset tgif-frameqa --data data/synth --features features.h5 \\\n"
      "           --fusions concat,mcb,mlb,mfb --seeds 2 --output compare");
  return {command, [options] { return compare(*options); }};
}

}  // namespace vidqa::cli
