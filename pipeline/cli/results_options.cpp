#include "pipeline/cli/results_options.h"

#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <c10/util/Exception.h>

namespace vidqa::cli {
namespace {

namespace fs = std::filesystem;

/// "tgif-count", or with the split of EgoVQA, from the configuration of a run; empty where there is
/// none, as of a predictions file alone.
std::string dataset_of(const std::string& run) {
  std::ifstream file(fs::path(run) / "config.toml");
  if (!file) return "";
  std::string dataset;
  std::string split;
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(file)) {
    if (item.inputs.empty()) continue;
    if (item.name == "dataset") dataset = item.inputs[0];
    if (item.name == "ego-split") split = item.inputs[0];
  }
  return dataset == "ego-vqa" ? dataset + ", split " + split : dataset;
}

/// Throws where the runs tell that they are of different data sets or splits.
void check_same_data(const std::vector<benchmarks::RunSource>& sources) {
  const benchmarks::RunSource* first = nullptr;
  for (const benchmarks::RunSource& source : sources) {
    const std::string dataset = dataset_of(source.path);
    if (dataset.empty()) continue;
    if (first == nullptr) first = &source;
    TORCH_CHECK(dataset == dataset_of(first->path), "run '", source.name, "' is of ", dataset,
                ", '", first->name, "' of ", dataset_of(first->path),
                ": only runs on one data set and split can be compared");
  }
}

}  // namespace

const char* const kResultsHelp =
    "Finished runs come from run folders or predictions files:\n"
    "  --runs mfb=runs/mfb/seed1 concat=runs/concat/seed1   NAME=PATH, or PATH alone\n"
    "  --runs HME=runs/ego0,runs/ego1,runs/ego2             several pooled, such as EgoVQA's "
    "splits\n"
    "or, where only what was answered correctly is known, from one JSON object\n"
    "{run name: [ids of the questions answered correctly]}:\n"
    "  --results FILE.json --total 15253\n"
    "--questions FILE.jsonl says videos and question types: TVQA's annotations (tvqa_val.jsonl, "
    "with\n"
    "sub-types), or a JSON object a line with qid, video and type, such as the predictions.jsonl "
    "of\n"
    "any run on the same questions.";

ResultsBinding bind_results_options(CLI::App& app, ResultsOptions& options) {
  CLI::Option* runs =
      app.add_option("--runs", options.runs, "Run folders or predictions files, [NAME=]PATH each")
          ->expected(1, -1);
  app.add_option("--split", options.split, "Predictions of a run folder: test or val")
      ->capture_default_str()
      ->check(CLI::IsMember({"test", "val"}))
      ->needs(runs);
  CLI::Option* results =
      app.add_option("--results", options.results,
                     "JSON file {run name: [ids answered correctly]} instead of runs")
          ->excludes(runs);
  CLI::Option* total =
      app.add_option("--total", options.total, "Number of questions behind --results")
          ->check(CLI::PositiveNumber)
          ->needs(results);
  app.add_option("--first-qid", options.first_id,
                 "Lowest question id, when the ids follow one another")
      ->needs(total);
  app.add_option("--questions", options.questions,
                 "The questions with videos and types, a JSON object a line; for --results instead "
                 "of --total")
      ->excludes(total);
  return {runs, results};
}

benchmarks::RunResults load_results(const ResultsOptions& options) {
  std::vector<benchmarks::EvaluatedQuestion> questions;
  if (options.questions) questions = benchmarks::read_questions(*options.questions);
  if (options.results)
    return benchmarks::read_results_file(*options.results,
                                         {questions, options.total, options.first_id});
  TORCH_CHECK(!options.runs.empty(), "give the runs: --runs FOLDER..., or --results FILE.json");
  std::vector<benchmarks::RunSource> sources;
  for (const std::string& run : options.runs) sources.push_back(benchmarks::parse_run_source(run));
  check_same_data(sources);
  benchmarks::RunResults results = benchmarks::read_runs(sources, options.split);
  if (options.questions) benchmarks::describe_questions(results, questions);
  return results;
}

}  // namespace vidqa::cli
