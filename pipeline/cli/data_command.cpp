#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/datasets/dataset_check.h"
#include "benchmarks/datasets/msvd_prepare.h"
#include "benchmarks/datasets/tvqa_prepare.h"
#include "benchmarks/table.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/experiment_options.h"

namespace vidqa::cli {
namespace {

struct CheckOptions {
  std::string dataset;
  benchmarks::DatasetCheckOptions check;
  int64_t max_faults = 20;
};

struct PrepareOptions {
  std::string dataset;
  std::string root;
  std::string output;
};

int check(const CheckOptions& options) {
  Progress progress("reading features", "clips");
  const benchmarks::DatasetCheck check =
      benchmarks::check_dataset(options.dataset, options.check,
                                [&](int64_t done, int64_t total) { progress.update(done, total); });
  progress.clear();

  if (!check.facts.empty()) {
    benchmarks::Table table{{options.dataset, "train", "val", "test"}, {}};
    for (const benchmarks::DatasetCheck::Fact& fact : check.facts)
      table.rows.push_back({fact.name, fact.values[0], fact.values[1], fact.values[2]});
    fmt::print("{}\n", benchmarks::to_terminal(table));
  }
  for (const std::string& note : check.notes) fmt::print("note: {}\n", note);
  for (const std::string& warning : check.warnings) fmt::print("warning: {}\n", warning);
  int64_t shown = 0;
  for (const std::string& fault : check.faults) {
    if (shown == options.max_faults) break;
    fmt::print("wrong: {}\n", fault);
    ++shown;
  }
  if (check.num_faults == 0) {
    fmt::print("OK\n");
    return 0;
  }
  fmt::print("{} faults{}\n", check.num_faults,
             shown < check.num_faults ? fmt::format(", {} of them shown", shown) : "");
  return 1;
}

int prepare(const PrepareOptions& options) {
  const auto written = options.dataset == "tvqa"
                           ? benchmarks::prepare_tvqa(options.root, options.output)
                           : benchmarks::prepare_msvd_qa(options.root, options.output);
  for (const auto& [path, questions] : written) fmt::print("{}: {} questions\n", path, questions);
  return 0;
}

CLI::App* add_check_command(CLI::App& app, CheckOptions& options) {
  CLI::App* command = app.add_subcommand(
      "check", "Read a data set as a training would, and say what is wrong with it");
  command
      ->add_option("dataset", options.dataset, "Data set: " + names_of(benchmarks::dataset_table()))
      ->required();
  command->add_option("--data", options.check.data.root, "Folder with the released files")
      ->required();
  command->add_option("--features", options.check.features,
                      "HDF5 file of the appearance stream, to be checked as well");
  command->add_option("--motion-features", options.check.motion_features,
                      "HDF5 file of the motion stream, to be checked as well");
  command
      ->add_option("--streams", options.check.data.streams,
                   "TVQA: streams to check, of sub,vcpt,imagenet,motion,regional; without it, "
                   "those whose files are there")
      ->delimiter(',');
  command->add_flag("--full-length", options.check.data.full_length,
                    "TVQA: as for a training on whole clips instead of annotated spans");
  command
      ->add_option("--answers", options.check.data.answer_set_size,
                   "As for a training: classes of an answer set that is built")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--ego-split", options.check.data.ego_split,
                   "ego-vqa: which of its splits, 0, 1 or 2")
      ->capture_default_str();
  command->add_option("--max-faults", options.max_faults, "Faults to print at most")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->footer(
      "Prints counts, shares of unknown words and of empty texts, clips that feature files lack, "
      "and then OK or one line\n"
      "a fault with file and record. Exit code 1 if anything is wrong.\n\n"
      "Example: vidqa data check tvqa --data tvqa");
  return command;
}

CLI::App* add_prepare_command(CLI::App& app, PrepareOptions& options) {
  CLI::App* command = app.add_subcommand("prepare",
                                         "Write what the published preprocessing of a data set "
                                         "writes: tvqa_<split>_processed.json, or "
                                         "<split>_qa_encode.json of MSVD-QA");
  command->add_option("dataset", options.dataset, "Data set: tvqa or msvd-qa")
      ->required()
      ->check(CLI::IsMember({"tvqa", "msvd-qa"}));
  command
      ->add_option("--data", options.root,
                   "Folder with tvqa_<split>.jsonl, subtitles and frame counts, or MSVD-QA's files")
      ->required();
  command->add_option("--output", options.output, "Folder to write to")->required();
  command->footer(
      "Not needed before a training, which reads the released files as they are; the result is for "
      "the published code.\n\n"
      "Example: vidqa data prepare tvqa --data tvqa --output tvqa/cache");
  return command;
}

}  // namespace

Command add_data_command(CLI::App& app) {
  auto check_options = std::make_shared<CheckOptions>();
  auto prepare_options = std::make_shared<PrepareOptions>();
  CLI::App* command =
      app.add_subcommand("data", "Check a data set before hours are spent on it, or convert it");
  command->require_subcommand(1);
  const CLI::App* check_command = add_check_command(*command, *check_options);
  add_prepare_command(*command, *prepare_options);
  return {
      command,
      [=] { return check_command->parsed() ? check(*check_options) : prepare(*prepare_options); },
      false};
}

}  // namespace vidqa::cli
