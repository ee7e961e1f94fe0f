#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "benchmarks/ask.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/experiment_options.h"

namespace vidqa::cli {
namespace {

using benchmarks::AskResult;
using benchmarks::FrameShares;

struct AskCommandOptions {
  benchmarks::AskOptions ask;
  std::optional<std::string> run;
  std::optional<std::string> data;
  std::optional<std::string> features;
  std::optional<std::string> motion_features;
  std::optional<std::string> device;
  size_t top = 5;
  bool json = false;
  int64_t threads = 0;
};

/// The run folder that is named, or that in whose checkpoints/ the checkpoint stands.
std::string run_of(const AskCommandOptions& options) {
  if (options.run) return *options.run;
  if (!options.ask.checkpoint)
    throw std::runtime_error("ask: name a run with --run, or its --checkpoint");
  const std::filesystem::path checkpoint = std::filesystem::absolute(*options.ask.checkpoint);
  const std::filesystem::path run = checkpoint.parent_path().parent_path();
  if (!std::filesystem::exists(run / "config.toml")) {
    throw std::runtime_error(
        fmt::format("{}: does not stand in the checkpoints/ of a run, whose config.toml says what "
                    "the model reads; name that run with --run",
                    *options.ask.checkpoint));
  }
  return run.string();
}

std::string name_of(FrameShares::Source source) {
  switch (source) {
    case FrameShares::Source::kAttention:
      return "attention";
    case FrameShares::Source::kOcclusion:
      return "occlusion";
    case FrameShares::Source::kNone:
      break;
  }
  return "none";
}

void print_frames(const AskResult& result, size_t top) {
  const FrameShares& frames = result.frames;
  if (frames.source == FrameShares::Source::kNone) return;
  std::vector<size_t> order(frames.values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return frames.values[a] > frames.values[b]; });
  order.resize(std::min(order.size(), top));
  if (frames.source == FrameShares::Source::kAttention)
    fmt::print("frames by the model's attention over time:\n");
  else if (result.task == models::Task::kCount)
    fmt::print("frames by how much the number changes without them (occlusion):\n");
  else
    fmt::print("frames by how much the answer's probability falls without them (occlusion):\n");
  for (const size_t i : order) {
    const std::string when = result.frame_seconds.empty()
                                 ? fmt::format("frame {}", i + 1)
                                 : fmt::format("{:.2f} s", result.frame_seconds[i]);
    fmt::print("  {:>10}  {:.4f}\n", when, frames.values[i]);
  }
}

void print_text(const AskResult& result, size_t top) {
  if (result.task == models::Task::kCount)
    fmt::print("{}  (the model's number: {:.3f})\n", result.count, result.raw_count);
  const size_t shown = result.task == models::Task::kOpenEnded
                           ? std::min(top, result.answers.size())
                           : result.answers.size();
  for (size_t i = 0; i < shown; ++i) {
    const benchmarks::RankedAnswer& answer = result.answers[i];
    fmt::print("{:>2}. {:<40} {:.4f}  (score {:.4f})\n", i + 1, answer.answer, answer.probability,
               answer.score);
  }
  print_frames(result, top);
}

void print_json(const AskCommandOptions& options, const AskResult& result) {
  nlohmann::ordered_json json = {{"question", options.ask.question.text},
                                 {"video", options.ask.video}};
  if (result.task == models::Task::kCount) {
    json["count"] = result.count;
    json["raw_score"] = result.raw_count;
  } else {
    json["answers"] = nlohmann::ordered_json::array();
    for (const benchmarks::RankedAnswer& answer : result.answers)
      json["answers"].push_back({{"answer", answer.answer},
                                 {"probability", answer.probability},
                                 {"score", answer.score}});
  }
  nlohmann::ordered_json frames = {{"source", name_of(result.frames.source)}};
  if (!result.frame_seconds.empty()) frames["seconds"] = result.frame_seconds;
  frames["weights"] = result.frames.values;
  json["frames"] = std::move(frames);
  fmt::print("{}\n", json.dump(2));
}

int ask(const AskCommandOptions& options) {
  start_computing(options.threads);
  const train::RunFolder run = train::RunFolder::open(run_of(options));
  benchmarks::ExperimentOptions experiment = read_experiment_toml(run.config_toml());
  if (options.data) experiment.data.root = *options.data;
  if (options.features) experiment.features = *options.features;
  if (options.motion_features) experiment.motion_features = options.motion_features;
  if (options.device) experiment.train.device = *options.device;

  benchmarks::LoadedData data = benchmarks::load_data(experiment);
  if (data.features == nullptr && !options.ask.video.empty())
    warn("the model reads no video; --video is not looked at");
  const AskResult result = benchmarks::ask(experiment, data, run, options.ask);
  if (options.json)
    print_json(options, result);
  else
    print_text(result, options.top);
  return 0;
}

}  // namespace

Command add_ask_command(CLI::App& app) {
  auto options = std::make_shared<AskCommandOptions>();
  CLI::App* command =
      app.add_subcommand("ask", "Put a question about one video to a trained model");
  command->add_option("--run", options->run, "Run folder of `vidqa train`");
  command->add_option("--checkpoint", options->ask.checkpoint,
                      "Checkpoint to ask instead of the run's best one; in the checkpoints/ of a "
                      "run, it stands for --run as well");
  command->add_option("--video", options->ask.video, "The clip, a video file");
  command->add_option("--question", options->ask.question.text, "The question")->required();
  command->add_option("--answer", options->ask.question.candidates,
                      "A candidate answer, once for each: for models that choose among answers");
  command->add_option("--subtitles", options->ask.question.subtitles,
                      "Subtitles of the clip, .srt: for models that read them");
  command->add_option("--weights", options->ask.weights,
                      "Weights of the backbones with which the model's features were extracted "
                      "(not needed for random ones)");
  command
      ->add_option("--top", options->top, "Answers of open-ended questions, and frames, to print")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", options->json, "Print JSON: all answers, all frames");
  command->add_option("--data", options->data,
                      "Annotation folder, if it has moved since the training");
  command->add_option("--features", options->features,
                      "Feature file, if it has moved since the training");
  command->add_option("--motion-features", options->motion_features,
                      "Motion feature file, if it has moved");
  command->add_option("--device", options->device,
                      "cpu, cuda, cuda:1; without it, as in the training");
  command->add_option("--threads", options->threads, "Threads; 0: one per processor")
      ->capture_default_str();
  command->footer(
      "The clip is extracted as the training's feature file was: its recipe is read there. Which "
      "frames mattered most is\n"
      "read off the model's attention over time; where it has none, every frame is left out once "
      "(occlusion).\n\n"
      "Example: vidqa ask --run runs/mfb --video clip.mp4 --question \"what moves to the left ?\"");
  return {command, [options] { return ask(*options); }};
}

}  // namespace vidqa::cli
