#include <memory>

#include <CLI/CLI.hpp>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "features/dense_export.h"
#include "features/feature_merge.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

struct MergeArguments {
  features::MergeOptions options;
  std::vector<std::string> dense;  // NAME=FILE
};

int write_dense(const MergeArguments& arguments) {
  features::DenseExportOptions options;
  options.output = arguments.options.output;
  options.allow_missing = arguments.options.allow_missing;
  for (const std::string& array : arguments.dense) {
    const size_t equals = array.find('=');
    TORCH_CHECK(equals != std::string::npos && equals > 0, "--dense must be NAME=FILE, got '",
                array, "'");
    options.arrays[array.substr(0, equals)] = array.substr(equals + 1);
  }
  const features::DenseExportResult result = features::export_dense(options);
  fmt::print("{}: {} videos, {} of them without features\n", options.output, result.videos,
             result.missing.size());
  return 0;
}

int merge(const MergeArguments& arguments) {
  if (!arguments.dense.empty()) return write_dense(arguments);
  const features::MergeOptions& options = arguments.options;
  const features::MergeResult result = features::merge(options);
  fmt::print("{}: {} clips, {}\n", options.output, result.clips,
             result.is_written ? "written" : "up to date");
  if (!result.failures.empty())
    say(fmt::format("{} clips failed; the list is in {}.failures.csv", result.failures.size(),
                    options.output));
  return 0;
}

}  // namespace

Command add_merge_command(CLI::App& app) {
  auto arguments = std::make_shared<MergeArguments>();
  features::MergeOptions& options = arguments->options;
  CLI::App* command =
      app.add_subcommand("merge", "Put shards of an extraction together into one feature file");
  command->add_option("output", options.output, "Feature file to write")->required();
  command->add_option("--from", options.sources,
                      "Feature files, or folders of parts; without, the parts of OUTPUT itself");
  command->add_flag("--allow-missing", options.allow_missing,
                    "Also when shards have not come to their end; with --dense, zeros for videos "
                    "that are missing");
  command
      ->add_option(
          "--dense", arguments->dense,
          "NAME=FILE: write FILE's clips as one array /NAME (videos, rows, width) in place "
          "of merging, as in MSVD-QA's video_feature_20.h5; vid12 is row 11")
      ->excludes("--from");
  command->footer(
      "Refuses features of different recipes, naming the option, and clips that are damaged. "
      "Copies "
      "everything: a merged\n"
      "file stands alone, so that no shard can be missing later without a word. Doing it again "
      "changes nothing.\n\n"
      "Examples:\n"
      "  vidqa merge features.h5                               after extract --shard 1/8 ... 8/8\n"
      "  vidqa merge all.h5 --from a/features.h5 b/features.h5 of machines without a common "
      "folder\n"
      "  vidqa merge video_feature_20.h5 --dense vgg=vgg.h5 c3d=c3d.h5");
  return {command, [arguments] { return merge(*arguments); }, false};
}

}  // namespace vidqa::cli
