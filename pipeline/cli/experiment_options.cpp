#include "pipeline/cli/experiment_options.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "fusion/fusion.h"
#include "models/model.h"

namespace vidqa::cli {
namespace {

using benchmarks::ExperimentOptions;
using data::FeatureNorm;

const std::map<std::string, FeatureNorm> kFeatureNorms = {
    {"none", FeatureNorm::kNone},
    {"l2", FeatureNorm::kL2},
    {"standardize", FeatureNorm::kStandardize}};

const std::map<std::string, models::HmeFusionPlace> kFusionPlaces = {
    {"modality-attention", models::HmeFusionPlace::kModalityAttention},
    {"video-question", models::HmeFusionPlace::kVideoQuestion}};
const std::map<std::string, models::TvqaVariant> kTvqaVariants = {
    {"with-question", models::TvqaVariant::kWithQuestion},
    {"without-question", models::TvqaVariant::kWithoutQuestion}};
const std::map<std::string, models::DeepCcaUse> kDeepCcaUses = {
    {"none", models::DeepCcaUse::kNone},
    {"once", models::DeepCcaUse::kOnce},
    {"as-released", models::DeepCcaUse::kAsReleased}};
const std::map<std::string, benchmarks::CandidatePadding> kCandidatePaddings = {
    {"published", benchmarks::CandidatePadding::kAsPublished},
    {"exact", benchmarks::CandidatePadding::kExact}};
const std::map<std::string, data::VideoShift> kVideoShifts = {
    {"none", data::VideoShift::kNone}, {"as-hme-tvqa", data::VideoShift::kAsHmeTvqa}};
const std::map<std::string, train::Optimizer> kOptimizers = {{"adam", train::Optimizer::kAdam},
                                                             {"radam", train::Optimizer::kRAdam}};
const std::map<std::string, train::LossReduction> kLossReductions = {
    {"mean", train::LossReduction::kMean}, {"sum", train::LossReduction::kSum}};
const std::map<std::string, train::PatienceCounts> kPatienceCounts = {
    {"in-a-row", train::PatienceCounts::kInARow}, {"in-total", train::PatienceCounts::kInTotal}};

/// An option whose values have names.
template <typename Value>
void add_choice(CLI::App& app, const std::string& name, Value& value,
                const std::map<std::string, Value>& choices, const std::string& description) {
  const auto current = std::find_if(choices.begin(), choices.end(),
                                    [&](const auto& choice) { return choice.second == value; });
  app.add_option_function<std::string>(
         name, [&value, &choices](const std::string& text) { value = choices.at(text); },
         description)
      ->default_str(current->first)
      ->check(CLI::IsMember(choices));
}

/// An option that may be absent; an empty text, as a config.toml has it, means the same.
void add_optional_path(CLI::App& app, const std::string& name, std::optional<std::string>& path,
                       const std::string& description) {
  app.add_option_function<std::string>(
         name,
         [&path](const std::string& text) {
           path = text.empty() ? std::nullopt : std::optional<std::string>(text);
         },
         description)
      ->default_str(path.value_or(""));
}

void bind_data_options(CLI::App& app, ExperimentOptions& options) {
  CLI::Option_group& group = *app.add_option_group("Data");
  group
      .add_option("--dataset", options.dataset,
                  "Data set: " + names_of(benchmarks::dataset_table()))
      ->required();
  group.add_option("--data", options.data.root, "Folder with the released annotation files")
      ->required();
  group.add_option("--features", options.features,
                   "HDF5 file from `vidqa extract`, or a released one; without it, the released "
                   "files beside the annotations, normalised as published");
  add_optional_path(group, "--motion-features", options.motion_features,
                    "HDF5 file of the motion stream; without it, motion is the difference of "
                    "successive appearance rows");
  add_choice(group, "--feature-norm", options.feature_norm, kFeatureNorms,
             "none: as stored; l2: rows of length 1; standardize: columns of mean 0, variance 1 "
             "over the training clips");
  group
      .add_option("--max-frames", options.max_frames,
                  "Time steps at most; 0: as published for the data set")
      ->capture_default_str();
  add_optional_path(group, "--word-vectors", options.word_vectors,
                    "GloVe text file; without it, seeded normal vectors");
  group.add_option("--word-dim", options.word_dim, "Width of a word vector")->capture_default_str();
  group
      .add_option("--split-seed", options.data.split_seed,
                  "Seed of the validation split, where none is released")
      ->capture_default_str();
  group
      .add_option("--val-share", options.data.val_share,
                  "Its share of the training clips, where none is released")
      ->capture_default_str();
  group
      .add_flag("--full-length", options.data.full_length,
                "TVQA: questions see their whole clip; without it, the annotated span")
      ->default_str(options.data.full_length ? "true" : "false");
  group
      .add_flag("--hard-restrict", options.data.hard_restrict,
                "TVQA: hme reads 50 word ids of question with answer at most, as published")
      ->default_str(options.data.hard_restrict ? "true" : "false");
  add_choice(group, "--video-shift", options.video_shift, kVideoShifts,
             "none; as-hme-tvqa: of a padded batch, read the last steps of each clip, padding "
             "included, as the published HME on TVQA does");
  group
      .add_option("--answers", options.data.answer_set_size,
                  "Classes at most of an answer set that is built from training answers "
                  "(activitynet-qa, next-qa-oe, msrvtt-qa)")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group
      .add_option("--ego-split", options.data.ego_split, "ego-vqa: which of its splits, 0, 1 or 2")
      ->capture_default_str();
  add_choice(group, "--candidate-padding", options.data.candidate_padding, kCandidatePaddings,
             "ego-vqa: published: candidates end in word id 0 up to the longest, and the model "
             "reads it; exact: they do not");
}

void bind_model_options(CLI::App& app, ExperimentOptions& options) {
  CLI::Option_group& group = *app.add_option_group("Model");
  group.add_option("--model", options.model, "Model: " + names_of(models::model_table()))
      ->capture_default_str();
  group
      .add_option("--streams", options.streams,
                  "published: those of the model's code; none: the question_only model, whatever "
                  "--model says; TVQA's models also a list of sub,vcpt,imagenet,regional,motion")
      ->capture_default_str();
  group
      .add_option("--fusion", options.fusion,
                  "Fusion, e.g. mfb:mm_dim=1600,factor=2; default: the model as published")
      ->capture_default_str();
  add_choice(group, "--fusion-place", options.fusion_place, kFusionPlaces,
             "Where HME has its fusion. modality-attention: as published, where the question's and "
             "the video's memory are weighed; video-question: between the attended video and the "
             "question, so that the answer is read off its output (concat_mlp is the plain one "
             "there, default is refused)");
  group
      .add_option("--hidden", options.hidden,
                  "Hidden width of HME, its baselines and the controls; 0: as published for the "
                  "data set, 256 for EgoVQA, else 512")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  group
      .add_option("--slots", options.slots, "Memory slots of HME; 0: as published for the data set")
      ->capture_default_str();
  group
      .add_option(
          "--dropout", options.dropout,
          "Dropout probability, 0..1; lstm_enc_dec, st_vqa and co_memory drop nothing, as released")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
}

void bind_tvqa_options(CLI::App& app, models::TvqaConfig& tvqa) {
  CLI::Option_group& group = *app.add_option_group("TVQA's models");
  group.add_option("--hsz1", tvqa.hidden_raw, "Hidden width of lstm_raw, a direction")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group.add_option("--hsz2", tvqa.hidden_mature, "Hidden width of lstm_mature, a direction")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group.add_option("--n-layers-cls", tvqa.classifier_layers, "Layers of the classifiers")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group.add_option("--fusion-dim", tvqa.fusion_dim, "Width of a fusion's output (pool_out_dim)")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group
      .add_flag("--fusion-per-stream", tvqa.fusion_per_stream,
                "Each stream has a fusion of its own; as released, all share one")
      ->default_str(tvqa.fusion_per_stream ? "true" : "false");
  add_choice(group, "--tvqa-variant", tvqa.variant, kTvqaVariants,
             "with-question, or without-question: answers only (--noqs of trying_blp)");
  add_choice(group, "--deep-cca", tvqa.deep_cca, kDeepCcaUses,
             "Project question and context before concatenation: none; once; as-released: as often "
             "as the batch has time steps");
  group.add_option("--deep-cca-layers", tvqa.deep_cca_layers, "Layers of each projection")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group
      .add_option("--deep-cca-weight", tvqa.deep_cca_weight,
                  "Weight of the total correlation in the loss; the released code has none")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

void bind_training_options(CLI::App& app, train::TrainOptions& options) {
  CLI::Option_group& group = *app.add_option_group("Training");
  group.add_option("--epochs", options.epochs, "Passes over the training questions")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  group.add_option("--batch-size", options.batch_size, "Questions a step")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group.add_option("--eval-batch-size", options.eval_batch_size, "Questions a batch when scoring")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add_choice(group, "--optimizer", options.optimizer, kOptimizers,
             "adam, or radam: rectified, as the TVQA runs of arXiv 2012.10285 used it");
  group.add_option("--learning-rate,--lr", options.learning_rate, "Step size of the optimiser")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  group
      .add_option("--weight-decay", options.weight_decay,
                  "adam: L2 penalty in the gradient; radam: decoupled from it")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  group.add_option("--clip-norm", options.clip_norm, "Greatest norm of the gradient; 0: no limit")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  add_choice(group, "--loss-reduction", options.loss_reduction, kLossReductions,
             "Of the loss over the questions of a batch; published: HME mean, TVQA sum");
  group
      .add_option("--validate-every", options.validate_every,
                  "Validate after so many batches within an epoch, too; 0: at its end alone. "
                  "Published TVQA: 400")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  group
      .add_option("--validate-first", options.validate_first,
                  "Batch of an epoch, from 0, after which --validate-every begins")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  group
      .add_option("--patience", options.patience,
                  "Stop after so many epochs without a better validation; 0: never")
      ->capture_default_str();
  add_choice(group, "--patience-counts", options.patience_counts, kPatienceCounts,
             "in-a-row: epochs since the last better one; in-total: all of them, as TVQA does");
  group.add_option("--seed", options.seed, "Seed of weights, batch order and dropout")
      ->capture_default_str();
  group.add_option("--device", options.device, "cpu, cuda, cuda:1")->capture_default_str();
}

void make_absolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace

void bind_experiment_options(CLI::App& app, ExperimentOptions& options) {
  bind_data_options(app, options);
  bind_model_options(app, options);
  bind_tvqa_options(app, options.tvqa);
  bind_training_options(app, options.train);
  add_optional_path(*app.get_option_group("Training"), "--init", options.initial_weights,
                    "Checkpoint to start from: best.pt of a run, or from `vidqa import`");
}

std::string experiment_toml(const ExperimentOptions& options) {
  ExperimentOptions copy = options;
  make_absolute(copy.data.root);
  make_absolute(copy.features);
  if (copy.motion_features) make_absolute(*copy.motion_features);
  if (copy.word_vectors) make_absolute(*copy.word_vectors);
  if (copy.initial_weights) make_absolute(*copy.initial_weights);

  CLI::App app("", "train");
  app.option_defaults()->always_capture_default();
  bind_experiment_options(app, copy);
  return "[train]\n" + app.config_to_str(true, false);
}

ExperimentOptions read_experiment_toml(const std::string& path) {
  if (!std::ifstream(path)) {
    throw std::runtime_error(
        fmt::format("{}: cannot be read; is this the folder of a training run?", path));
  }
  ExperimentOptions options;
  CLI::App app("", "vidqa");
  bind_experiment_options(*app.add_subcommand("train")->configurable(), options);
  app.set_config("--config", path);
  app.allow_config_extras(CLI::config_extras_mode::error);
  try {
    app.parse(std::string());
  } catch (const CLI::Error& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
  return options;
}

std::string fusion_help() {
  std::string help = "Fusions (NAME or NAME:KEY=VALUE,...):\n";
  for (const auto& entry : fusion::fusion_table()) {
    help += fmt::format("  {:<19}{} ({})\n", entry.name, entry.summary, entry.paper);
  }
  return help + "  default            the model as published, without a fusion module";
}

}  // namespace vidqa::cli
