#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/experiment.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/experiment_options.h"
#include "pipeline/cli/interrupt.h"
#include "pipeline/cli/metrics_table.h"
#include "pipeline/cli/training_console.h"

namespace vidqa::cli {
namespace {

struct TrainCommandOptions {
  benchmarks::ExperimentOptions experiment;
  std::string output;
  int64_t threads = 0;
};

int train(const TrainCommandOptions& options) {
  start_computing(options.threads);
  catch_interrupts();
  const benchmarks::LoadedData data = benchmarks::load_data(options.experiment);
  for (const std::string& note : data.corpus.notes) say(note);

  const train::RunFolder run(options.output);
  Progress progress("training", "steps");
  const train::TrainSummary summary =
      benchmarks::run_experiment(options.experiment, data, run, experiment_toml(options.experiment),
                                 training_observer(progress));
  progress.clear();

  const auto report =
      train::compute_metrics(data.corpus.task, train::read_predictions(run.predictions("test")));
  const std::string metric = train::primary_metric(data.corpus.task).name;
  fmt::print("{}: {} parameters, {} epochs, {:.2f} s per epoch, {:.0f} MiB at most\n",
             options.output, summary.parameters, summary.epochs, summary.seconds_per_epoch,
             summary.peak_memory_mb);
  fmt::print("best validation {} {:.4f} at epoch {}; test split with that checkpoint:\n{}", metric,
             summary.val, summary.best_epoch, format_metrics(data.corpus.task, report));
  return 0;
}

}  // namespace

Command add_train_command(CLI::App& app) {
  auto options = std::make_shared<TrainCommandOptions>();
  CLI::App* command =
      app.add_subcommand("train", "Train a model: questions + features -> run folder");
  bind_experiment_options(*command, options->experiment);
  command
      ->add_option("--output", options->output, "Run folder; one that was interrupted is resumed")
      ->required();
  command->add_option("--threads", options->threads, "Threads; 0: one per processor")
      ->capture_default_str();
  command->footer(fusion_help() +
                  "\n\nThe best checkpoint is chosen on the validation split; the test split is "
                  "scored once, with it.\n\n"
                  "Example: vidqa train --dataset msvd-qa --data msvd_qa --features features.h5 "
                  "--model hme \\\n"
                  "           --fusion mfb:mm_dim=1600 --seed 1 --epochs 20 --output runs/mfb");
  return {command, [options] { return train(*options); }};
}

}  // namespace vidqa::cli
