#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "features/backbone.h"
#include "features/extractor.h"
#include "features/frame_transform.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"

namespace vidqa::cli {
namespace {

struct ExtractArguments {
  features::ExtractOptions options;
  std::string sampler = to_string(options.frames.sampler);
  double fps = options.frames.sampler.fps;
  std::string type = to_string(options.type);
  std::string edge = to_string(options.windows.edge);
  std::string precision = "float32";
  std::string color = "auto";
  std::vector<float> mean, deviation;
  std::string shard;
  bool allow_failures = false;
  int64_t threads = 0;
};

std::array<float, 3> three(const std::vector<float>& values) {
  return {values.at(0), values.at(1), values.at(2)};
}

features::ExtractOptions resolved(const ExtractArguments& arguments) {
  features::ExtractOptions options = arguments.options;
  options.frames.sampler = features::parse_frame_sampler(arguments.sampler, arguments.fps);
  if (arguments.color == "opencv") options.frames.reader.color = features::ColorPolicy::kOpencv;
  if (arguments.precision == "bfloat16")
    options.backbone.precision = features::Precision::kBfloat16;
  options.type = features::parse_feature_type(arguments.type);
  options.windows.edge = features::parse_edge_rule(arguments.edge);
  if (!arguments.mean.empty()) options.backbone.frames.mean = three(arguments.mean);
  if (!arguments.deviation.empty()) options.backbone.frames.deviation = three(arguments.deviation);
  if (!arguments.shard.empty()) options.shard = features::parse_shard(arguments.shard);
  return options;
}

/// The end of the program while other threads may run on: nothing of it is destroyed under them.
[[noreturn]] void exit_at_once(int code) {
  std::fflush(nullptr);
  std::_Exit(code);
}

int extract(const ExtractArguments& arguments) {
  const features::ExtractOptions options = resolved(arguments);
  start_computing(arguments.threads);
  Progress progress("extracting", "clips");
  features::ExtractObserver observer;
  observer.on_progress = [&](const features::ExtractProgress& now) {
    progress.update(
        now.clips_done, now.clips_total,
        fmt::format("{} frames, {:.1f}/s  {}", now.frames, now.frames_per_second, now.clip),
        now.seconds_left);
  };
  observer.on_message = [&](const std::string& line) {
    progress.clear();
    say(line);
  };
  const features::ExtractResult result = features::extract(options, observer);
  progress.clear();

  fmt::print("{}: {}", options.output, summary(result));
  if (!result.merged)
    fmt::print("{}\n", options.shard
                           ? fmt::format("shard {} is done; when all are: vidqa merge {}",
                                         options.shard->to_string(), options.output)
                           : "another run on this output is at work; the last one merges");
  const int code = result.failures.empty() || arguments.allow_failures ? 0 : 1;
  if (code != 0)
    say(fmt::format("vidqa: error: {} of {} clips failed; the list is in {}.failures.csv",
                    result.failures.size(),
                    result.done + result.skipped + static_cast<int64_t>(result.failures.size()),
                    options.output));
  if (result.decoders_left_behind > 0) exit_at_once(code);
  return code;
}

/// "name, name, ..." of a table's rows.
template <typename Table>
std::string names_of(const Table& table) {
  std::string names;
  for (const auto& entry : table) names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

void add_network_options(CLI::App& command, ExtractArguments& arguments) {
  features::BackboneOptions& backbone = arguments.options.backbone;
  const std::string group = "Network";
  command.add_option("--backbone", backbone.name, "One of " + names_of(features::backbone_table()))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--weights", backbone.weights,
                  "Published weights (.safetensors, .pth), or random:SEED")
      ->group(group);
  command
      .add_option("--torchscript", backbone.torchscript,
                  "Any other network, saved with torch.jit.save; in place of --backbone")
      ->group(group);
  command
      .add_option("--layer", backbone.layer, "Layer to take; an unknown one lists what there is")
      ->group(group);
  command
      .add_flag("--spatial-map", backbone.spatial_map,
                "The layer's map (D, h, w) before pooling, kept as rows of D h w numbers")
      ->group(group);
  command.add_flag("--l2", backbone.l2_normalize, "Divide every row by its length")->group(group);
  command
      .add_option("--precision", arguments.precision,
                  "float32, or bfloat16 where the processor has it; its error and speed on the "
                  "first batch are told")
      ->check(CLI::IsMember({"float32", "bfloat16"}))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--clip-length", backbone.clip_length,
                  "Motion networks that take any: frames of a window")
      ->group(group);
  command
      .add_option("--window-stride", arguments.options.windows.stride,
                  "Motion networks: frames from a window to the next")
      ->capture_default_str()
      ->group(group);
  command
      .add_option(
          "--window-edge", arguments.edge,
          "Motion networks, at the ends of a video: drop, repeat-last, loop, centre (a row a "
          "frame), shift")
      ->capture_default_str()
      ->group(group);
  command.add_option("--device", backbone.device, "cpu, cuda, cuda:1")
      ->capture_default_str()
      ->group(group);
}

void add_frame_options(CLI::App& command, ExtractArguments& arguments) {
  features::VideoReaderOptions& reader = arguments.options.frames.reader;
  features::FrameOverrides& frames = arguments.options.backbone.frames;
  const std::string group = "Frames";
  std::string samplers;
  for (const auto& entry : features::frame_sampler_table())
    samplers += fmt::format("\n  {}: {}", entry.name, entry.summary);
  command.add_option("--sampler", arguments.sampler, "Frames to take: " + samplers)
      ->capture_default_str()
      ->group(group);
  command.add_option("--fps", arguments.fps, "Samplers that go by time: frames a second")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--color", arguments.color,
                  "auto obeys the tags of a video; opencv reproduces features made with OpenCV 4")
      ->check(CLI::IsMember({"auto", "opencv"}))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--stream", reader.stream, "Index of the video stream, where there are several")
      ->group(group);
  command
      .add_option("--image-fps", reader.image_fps,
                  "Folders of numbered images: how many are a second")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--preset", frames.preset,
                  "Preprocessing: " + names_of(features::frame_presets()) +
                      "; without, the one that the weights were trained with")
      ->group(group);
  command
      .add_option("--resize", frames.resize,
                  "In place of the preset's: shorter (shorter side to --resize-size, then crop), "
                  "squash (to --crop-size), fixed")
      ->group(group);
  command.add_option("--resize-size", frames.resize_size, "Shorter side or rows, pixels")
      ->group(group);
  command.add_option("--resize-width", frames.resize_width, "Columns with --resize fixed")
      ->group(group);
  command.add_option("--crop-size", frames.crop_size, "Side of what the network sees, pixels")
      ->group(group);
  command.add_option("--mean", arguments.mean, "Of red, green, blue, for networks of one's own")
      ->expected(3)
      ->group(group);
  command.add_option("--deviation", arguments.deviation, "Likewise")->expected(3)->group(group);
}

void add_run_options(CLI::App& command, ExtractArguments& arguments) {
  features::ExtractOptions& options = arguments.options;
  const std::string group = "Run";
  command
      .add_option("--dtype", arguments.type,
                  "float16 (half the disk, relative error 5e-4, refuses what it cannot hold) or "
                  "float32")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--batch-size", options.batch_size,
                  "Frames or windows a forward pass; 0: 4 on the CPU, where several passes run at "
                  "a time, else 16")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--decoders", options.decoders,
                  "Videos decoded at a time, each on one thread; 0: one for every four processors")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--threads", arguments.threads, "Threads of the network; 0: one per processor")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--timeout", options.timeout_seconds,
                  "Seconds for decoding one video, then it is a failure, also where the decoder "
                  "never returns; 0: no limit")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--shard", arguments.shard,
                  "I/N: the I-th of N equal parts of the videos, or slurm: by SLURM_ARRAY_TASK_ID "
                  "and _COUNT. Afterwards: vidqa merge")
      ->group(group);
  command
      .add_flag("--allow-partial", options.allow_partial,
                "Keep what damaged videos give, marked as partial")
      ->group(group);
  command.add_flag("--allow-failures", arguments.allow_failures, "Exit with 0 when clips failed")
      ->group(group);
}

}  // namespace

Command add_extract_command(CLI::App& app) {
  auto arguments = std::make_shared<ExtractArguments>();
  CLI::App* command = app.add_subcommand("extract", "Turn video files into features.h5");
  command
      ->add_option("--videos", arguments->options.videos,
                   "Video files, GIFs, images, folders of numbered images, or folders that are "
                   "searched for videos")
      ->required();
  command
      ->add_option("--output", arguments->options.output,
                   "HDF5 file to write: one data set (n, D) a clip")
      ->required();
  add_network_options(*command, *arguments);
  add_frame_options(*command, *arguments);
  add_run_options(*command, *arguments);
  command->footer(
      "Every clip is safe on disk as soon as it is done (OUTPUT.parts). Run the same command again "
      "and it goes on where it\n"
      "stopped, kill -9 and a full disk included; clips that are damaged, or whose video has "
      "changed, are made again. Start it\n"
      "several times, on one machine or many, and the runs share the work. A clip that fails is "
      "listed in OUTPUT.failures.csv,\n"
      "all others are written, and the exit code is 1. There are no default weights: features of "
      "unknown weights are worth\n"
      "nothing, so random ones have to be asked for.\n\n"
      "Examples:\n"
      "  vidqa extract --videos clips/ --output features.h5 --backbone resnet101 --weights "
      "resnet101.pth --fps 3\n"
      "  vidqa extract --videos tvqa_frames/ --output tvqa.h5 --backbone resnet101 --weights "
      "resnet101.pth --preset tvqa\n"
      "  vidqa extract --videos gifs/ --output c3d.h5 --backbone c3d --weights c3d.pth --sampler "
      "stride:1 --window-edge centre");
  return {command, [arguments] { return extract(*arguments); }};
}

}  // namespace vidqa::cli
