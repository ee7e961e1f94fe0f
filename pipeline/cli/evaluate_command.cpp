#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/experiment.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/experiment_options.h"
#include "pipeline/cli/metrics_table.h"
#include "pipeline/cli/training_console.h"

namespace vidqa::cli {
namespace {

struct EvaluateOptions {
  std::string run;
  std::string split = "test";
  std::optional<std::string> data;
  std::optional<std::string> features;
  std::optional<std::string> motion_features;
  std::optional<std::string> weights;
  std::optional<std::string> device;
  std::optional<std::string> output;
  std::optional<std::string> wordnet;
  bool attention = false;
  int64_t threads = 0;
};

/// Null where WUPS is neither asked for nor the figure of the data set, or WordNet is not
/// installed.
std::unique_ptr<train::Wups> make_wups(const std::optional<std::string>& folder,
                                       const data::QaCorpus& corpus) {
  if (corpus.task != models::Task::kOpenEnded) return nullptr;
  if (folder) return std::make_unique<train::Wups>(*folder);
  if (!corpus.scored_by_wups) return nullptr;
  if (train::WordNet::is_in(train::WordNet::kDefaultFolder)) return std::make_unique<train::Wups>();
  warn(
      fmt::format("{} is scored by WUPS, which needs WordNet: install Debian's package "
                  "wordnet-base, or name a folder with --wordnet",
                  corpus.name));
  return nullptr;
}

int evaluate(const EvaluateOptions& options) {
  start_computing(options.threads);
  const train::RunFolder run = train::RunFolder::open(options.run);
  benchmarks::ExperimentOptions experiment = read_experiment_toml(run.config_toml());
  if (options.data) experiment.data.root = *options.data;
  if (options.features) experiment.features = *options.features;
  if (options.motion_features) experiment.motion_features = options.motion_features;
  if (options.device) experiment.train.device = *options.device;

  const benchmarks::LoadedData data = benchmarks::load_data(experiment);
  Progress progress("scoring " + options.split, "questions");
  const auto predictions = benchmarks::evaluate_run(
      experiment, data, run, options.split, options.weights,
      [&](int64_t done, int64_t total) { progress.update(done, total); }, options.attention);
  progress.clear();

  const std::unique_ptr<train::Wups> wups = make_wups(options.wordnet, data.corpus);
  fmt::print("{}: {} split of {}, {}\n{}", options.run, options.split, experiment.dataset,
             options.weights.value_or("best checkpoint"),
             format_metrics(data.corpus.task,
                            train::compute_metrics(data.corpus.task, predictions, wups.get())));
  if (options.output) train::write_predictions(*options.output, predictions);
  return 0;
}

}  // namespace

Command add_evaluate_command(CLI::App& app) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command =
      app.add_subcommand("evaluate", "Score the best checkpoint of a run on a split");
  command->add_option("--run", options->run, "Run folder of `vidqa train`")->required();
  command->add_option("--split", options->split, "train, val or test")
      ->capture_default_str()
      ->check(CLI::IsMember({"train", "val", "test"}));
  CLI::Option* output = command->add_option("--output", options->output,
                                            "File for the predictions, one JSON object a line");
  command
      ->add_flag("--attention", options->attention,
                 "Write with every prediction how the model's attention lies over the frames: "
                 "\"attention\": {\"seconds\": [...], \"weights\": [...]}")
      ->needs(output);
  command->add_option("--data", options->data,
                      "Annotation folder, if it has moved since the training");
  command->add_option("--features", options->features,
                      "Feature file, if it has moved since the training");
  command->add_option("--motion-features", options->motion_features,
                      "Motion feature file, if it has moved");
  command->add_option("--weights", options->weights,
                      "Checkpoint to score instead of the run's best one");
  command->add_option(
      "--wordnet", options->wordnet,
      "Folder of WordNet's files (index.noun, ...): measure WUPS of open-ended "
      "answers; without it, only where WUPS is the published figure (next-qa-oe), by "
      "Debian's package wordnet-base");
  command->add_option("--device", options->device,
                      "cpu, cuda, cuda:1; without it, as in the training");
  command->add_option("--threads", options->threads, "Threads; 0: one per processor")
      ->capture_default_str();
  command->footer("Example: vidqa evaluate --run runs/mfb --split test");
  return {command, [options] { return evaluate(*options); }};
}

}  // namespace vidqa::cli
