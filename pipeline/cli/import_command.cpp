#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "features/hash.h"
#include "features/weights.h"
#include "models/hme_weights.h"
#include "models/tvqa_weights.h"
#include "pipeline/cli/commands.h"
#include "pipeline/train/checkpoint.h"

namespace vidqa::cli {
namespace {

struct ImportOptions {
  std::string model = "tvqa";
  std::string weights;
  std::string fusion = models::kNoFusion;
  bool without_question = false;
  std::string output;
};

bool is_of_tvqa(const std::string& model) {
  return models::find_model(model).video == models::VideoInput::kNamedStreams;
}

/// Models whose published weights can be read.
std::vector<std::string> importable() {
  return {"hme", "lstm_enc_dec", "st_vqa", "co_memory", "tvqa", "tvqa_dual_stream"};
}

models::ModelConfig infer_config(const ImportOptions& options, const features::StateDict& state) {
  try {
    if (!is_of_tvqa(options.model))
      return models::infer_hme_config(options.model, state, options.fusion);
    return models::infer_tvqa_config(state, options.fusion,
                                     options.without_question
                                         ? models::TvqaVariant::kWithoutQuestion
                                         : models::TvqaVariant::kWithQuestion);
  } catch (const c10::Error& error) {
    TORCH_CHECK(false, options.weights, ": ", error.what_without_backtrace());
  }
}

/// What the weights say about their model.
std::string description(const ImportOptions& options, const models::ModelConfig& config) {
  const std::string words =
      fmt::format("{} words of {} numbers; ", config.vocab_size, config.word_dim);
  if (is_of_tvqa(options.model)) {
    const models::TvqaConfig& tvqa = config.tvqa;
    return words + fmt::format("streams {}; hidden {} and {}; fusion {}",
                               fmt::join(tvqa.streams, ","), tvqa.hidden_raw, tvqa.hidden_mature,
                               config.fusion);
  }
  const std::string answers = config.num_classes > 0
                                  ? fmt::format("{} answers", config.num_classes)
                                  : std::string("one score a text (candidates or counts)");
  return words + fmt::format("{}; hidden {}; fusion {}", answers, config.hidden, config.fusion);
}

int import_weights(const ImportOptions& options) {
  const features::StateDict state = features::read_weights(options.weights);
  const models::ModelConfig config = infer_config(options, state);
  const models::ModelPtr model = models::make_model(options.model, config);
  features::load_state_dict(*model, state, options.weights,
                            models::unused_tvqa_prefixes(options.model));
  train::TrainState origin;
  origin.config_identity = fmt::format("imported={} sha256 {}\n", options.weights,
                                       features::sha256_file(options.weights));
  train::save_checkpoint(options.output, *model, /*optimizer=*/nullptr, origin);

  fmt::print("{}: {} tensors -> {}\n{}\n", options.weights, state.size(), options.output,
             description(options, config));
  return 0;
}

}  // namespace

Command add_import_command(CLI::App& app) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import", "Weights of published PyTorch code -> a checkpoint to start from or to score");
  command
      ->add_option("--model", options->model,
                   fmt::format("Model of the weights: {}", fmt::join(importable(), ", ")))
      ->capture_default_str()
      ->check(CLI::IsMember(importable()));
  command->add_option("weights", options->weights, "State dict: .pth, .pt or .safetensors")
      ->required();
  command
      ->add_option("--fusion", options->fusion,
                   "Fusion of the weights, e.g. mcb:mm_dim=1600; default: the model as published")
      ->capture_default_str();
  command->add_flag("--without-question", options->without_question,
                    "TVQA: the weights are of the variant that sees answers only (--noqs)");
  command->add_option("-o,--output", options->output, "Checkpoint to write")->required();
  command->footer(
      "Tensors are taken by their published names, those of HME's fusion under mm_att.blp; a "
      "missing, superfluous or misshapen one is an error that names it.\nUse the checkpoint with "
      "`vidqa train --init best.pt` or `vidqa "
      "evaluate --weights best.pt`.\n\n"
      "Examples: vidqa import --model tvqa best_valid.pth -o best.pt\n"
      "          vidqa import --model hme --fusion mcb:mm_dim=1600 rnn-3800.pth -o best.pt");
  return {command, [options] { return import_weights(*options); }, /*computes=*/false};
}

}  // namespace vidqa::cli
