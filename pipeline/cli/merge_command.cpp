#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "features/feature_merge.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

int merge(const features::MergeOptions& options) {
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
  auto options = std::make_shared<features::MergeOptions>();
  CLI::App* command =
      app.add_subcommand("merge", "Put shards of an extraction together into one feature file");
  command->add_option("output", options->output, "Feature file to write")->required();
  command->add_option("--from", options->sources,
                      "Feature files, or folders of parts; without, the parts of OUTPUT itself");
  command->add_flag("--allow-missing", options->allow_missing,
                    "Also when shards have not come to their end");
  command->footer(
      "Refuses features of different recipes, naming the option, and clips that are damaged. "
      "Copies "
      "everything: a merged\n"
      "file stands alone, so that no shard can be missing later without a word. Doing it again "
      "changes nothing.\n\n"
      "Examples:\n"
      "  vidqa merge features.h5                              after vidqa extract --shard 1/8 ... "
      "8/8 --output features.h5\n"
      "  vidqa merge all.h5 --from a/features.h5 b/features.h5   of machines without a common "
      "folder");
  return {command, [options] { return merge(*options); }, false};
}

}  // namespace vidqa::cli
