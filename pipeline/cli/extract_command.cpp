#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "features/backbone.h"
#include "features/extractor.h"
#include "features/frame_sampler.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

int extract(const features::ExtractOptions& options, int64_t threads) {
  start_computing(threads);
  Progress progress("extracting", "clips");
  features::ExtractObserver observer;
  observer.on_progress = [&](int64_t done, int64_t total, int64_t frames, const std::string& clip) {
    progress.update(done, total, fmt::format("{} frames  {}", frames, clip));
  };
  observer.on_message = [&](const std::string& line) {
    progress.clear();
    say(line);
  };
  const features::ExtractResult result = features::extract(options, observer);
  progress.clear();

  const double rate = result.seconds > 0 ? static_cast<double>(result.frames) / result.seconds : 0;
  fmt::print(
      "{}: {} clips done, {} skipped (already there), {} failed; {} frames in {:.1f} s, {:.1f} "
      "frames/s\n",
      options.output, result.done, result.skipped, result.failures.size(), result.frames,
      result.seconds, rate);
  if (result.failures.empty()) return 0;
  for (const features::ExtractFailure& failure : result.failures)
    say(fmt::format("failed: {}", failure.reason));
  say(fmt::format(
      "vidqa: error: {} of {} clips failed; the list is in {}.failures.csv", result.failures.size(),
      result.done + result.skipped + static_cast<int64_t>(result.failures.size()), options.output));
  return 1;
}

std::string backbone_names() {
  std::string names;
  for (const auto& entry : features::backbone_table())
    names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

}  // namespace

Command add_extract_command(CLI::App& app) {
  auto options = std::make_shared<features::ExtractOptions>();
  auto threads = std::make_shared<int64_t>(0);
  CLI::App* command = app.add_subcommand("extract", "Turn video files into features.h5");
  command
      ->add_option("--videos", options->videos,
                   "Video files, or folders that are searched for them")
      ->required();
  command->add_option("--output", options->output, "HDF5 file to write: one data set (n, D) a clip")
      ->required();
  command->add_option("--backbone", options->backbone, "Network: " + backbone_names())
      ->capture_default_str();
  command
      ->add_option("--weights", options->weights,
                   "torchvision weights (.safetensors, .pth), or random:SEED")
      ->required();
  command
      ->add_option("--sampler", options->sampler,
                   "Frames to take: " + features::frame_sampler_names())
      ->capture_default_str();
  command->add_option("--fps", options->fps, "Frames a second, for pts, ffmpeg-fps and ffmpeg-r")
      ->capture_default_str();
  command
      ->add_option(
          "--resize", options->resize,
          "shorter: shorter side to --resize-size, then centre crop; squash: to --crop-size")
      ->capture_default_str();
  command->add_option("--resize-size", options->resize_size, "Shorter side, pixels")
      ->capture_default_str();
  command
      ->add_option("--crop-size", options->crop_size,
                   "Width and height that the network sees, pixels")
      ->capture_default_str();
  command->add_option("--batch-size", options->batch_size, "Frames a forward pass")
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu, cuda, cuda:1")->capture_default_str();
  command->add_option("--threads", *threads, "Threads; 0: one per processor")
      ->capture_default_str();
  command->footer(
      "A clip that cannot be read is listed in OUTPUT.failures.csv and the exit code is 1; all "
      "others are written. Run the\n"
      "same command again and it goes on where it stopped. There are no default weights: features "
      "of unknown weights are\n"
      "worth nothing, so random ones have to be asked for.\n\n"
      "Example: vidqa extract --videos clips/ --output features.h5 --backbone resnet101 --weights "
      "resnet101.pth --fps 3");
  return {command, [options, threads] { return extract(*options, *threads); }};
}

}  // namespace vidqa::cli
