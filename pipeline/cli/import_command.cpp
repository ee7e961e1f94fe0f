#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "features/hash.h"
#include "features/weights.h"
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

int import_weights(const ImportOptions& options) {
  const features::StateDict state = features::read_weights(options.weights);
  const models::ModelConfig config =
      models::infer_tvqa_config(state, options.fusion,
                                options.without_question ? models::TvqaVariant::kWithoutQuestion
                                                         : models::TvqaVariant::kWithQuestion);
  const models::ModelPtr model = models::make_model(options.model, config);
  features::load_state_dict(*model, state, options.weights,
                            models::unused_tvqa_prefixes(options.model));
  train::TrainState origin;
  origin.config_identity = fmt::format("imported={} sha256 {}\n", options.weights,
                                       features::sha256_file(options.weights));
  train::save_checkpoint(options.output, *model, /*optimizer=*/nullptr, origin);

  const models::TvqaConfig& tvqa = config.tvqa;
  fmt::print("{}: {} tensors -> {}\n", options.weights, state.size(), options.output);
  fmt::print("{} words of {} numbers; streams {}; hidden {} and {}; fusion {}\n", config.vocab_size,
             config.word_dim, fmt::join(tvqa.streams, ","), tvqa.hidden_raw, tvqa.hidden_mature,
             config.fusion);
  return 0;
}

}  // namespace

Command add_import_command(CLI::App& app) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import", "Weights of published PyTorch code -> a checkpoint to start from or to score");
  command->add_option("--model", options->model, "tvqa or tvqa_dual_stream")
      ->capture_default_str()
      ->check(CLI::IsMember({"tvqa", "tvqa_dual_stream"}));
  command->add_option("weights", options->weights, "State dict: .pth, .pt or .safetensors")
      ->required();
  command
      ->add_option("--fusion", options->fusion,
                   "Fusion of the weights, e.g. mfb:mm_dim=1600; default: none, concatenation")
      ->capture_default_str();
  command->add_flag("--without-question", options->without_question,
                    "The weights are of the variant that sees answers only (--noqs)");
  command->add_option("-o,--output", options->output, "Checkpoint to write")->required();
  command->footer(
      "Tensors are taken by their published names; a missing, superfluous or misshapen one is an "
      "error that names it.\nUse the checkpoint with `vidqa train --init best.pt` or `vidqa "
      "evaluate --weights best.pt`.\n\n"
      "Example: vidqa import --model tvqa best_valid.pth -o best.pt");
  return {command, [options] { return import_weights(*options); }, /*computes=*/false};
}

}  // namespace vidqa::cli
