#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/datasets/synthetic.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

int synth(const benchmarks::SynthOptions& options) {
  Progress progress("rendering", "clips");
  const int64_t rendered = benchmarks::synthesize(
      options, [&](int64_t done, int64_t total) { progress.update(done, total); });
  progress.clear();
  fmt::print("{} clips in {} ({} rendered now)\n", options.clips, options.output, rendered);
  return 0;
}

}  // namespace

Command add_synth_command(CLI::App& app) {
  auto options = std::make_shared<benchmarks::SynthOptions>();
  CLI::App* command =
      app.add_subcommand("synth", "Render a small diagnostic data set: mp4 clips and questions");
  command
      ->add_option("--output", options->output,
                   "Folder to write: videos/, tgif_qa/, msvd_qa/, tvqa/")
      ->required();
  command->add_option("--seed", options->seed, "Seed; equal options give equal bytes")
      ->capture_default_str();
  command->add_option("--clips", options->clips, "Number of clips")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--size", options->size, "Width and height of a clip, pixels, even")
      ->capture_default_str();
  command->add_option("--frames", options->frames, "Frames a clip")->capture_default_str();
  command->add_option("--fps", options->fps, "Frames a second")->capture_default_str();
  command->footer(
      "Coloured shapes move, appear, repeat an action and change colour. The questions come in the "
      "released formats of\n"
      "TGIF-QA (action, transition, count, frameqa) and MSVD-QA, with answers balanced so that no "
      "text-only rule works,\nand of TVQA, with subtitles and four families of questions: some "
      "need "
      "the subtitles, some the video, some\neither, and the joint ones both, for neither alone "
      "tells anything about them.\n\n"
      "Example: vidqa synth --output data/synth --seed 1 --clips 600");
  return {command, [options] { return synth(*options); }, false};
}

}  // namespace vidqa::cli
