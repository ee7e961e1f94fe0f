#include <filesystem>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/experiment.h"
#include "benchmarks/experiment_choices.h"

namespace vidqa::benchmarks {
namespace {

std::string file_identity(const std::string& path) {
  if (path.empty()) return "";
  if (std::filesystem::is_directory(path))
    return std::filesystem::path(path).filename().string() + "/";
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  TORCH_CHECK(!error, path, ": ", error.message());
  return fmt::format("{} ({} bytes)", std::filesystem::path(path).filename().string(), bytes);
}

std::string norm_name(data::FeatureNorm norm) {
  switch (norm) {
    case data::FeatureNorm::kNone:
      return "none";
    case data::FeatureNorm::kL2:
      return "l2";
    case data::FeatureNorm::kStandardize:
      return "standardize";
  }
  return "unknown";
}

}  // namespace

std::string experiment_identity(const ExperimentOptions& options, const LoadedData& data) {
  const data::QaCorpus& corpus = data.corpus;
  const train::TrainOptions& train = options.train;
  std::string lines;
  const auto add = [&](const char* key, const auto& value) {
    lines += fmt::format("{}={}\n", key, value);
  };
  add("dataset", options.dataset);
  add("questions",
      fmt::format("{}/{}/{}", corpus.train.size(), corpus.val.size(), corpus.test.size()));
  add("vocabulary", corpus.vocabulary.size());
  add("split-seed", options.data.split_seed);
  add("val-share", options.data.val_share);
  if (!corpus.answers.empty()) add("answers", corpus.answers.size());
  if (corpus.name == "ego-vqa") {
    add("ego-split", options.data.ego_split);
    add("candidate-padding", static_cast<int>(options.data.candidate_padding));
  }
  if (corpus.feature_pair && options.features.empty()) {
    add("corpus-appearance", file_identity(corpus.feature_pair->appearance));
    add("corpus-motion", file_identity(corpus.feature_pair->motion));
  }
  if (corpus.name == "tvqa") {
    add("full-length", options.data.full_length);
    add("hard-restrict", options.data.hard_restrict);
    add("video-shift", static_cast<int>(options.video_shift));
    add("corpus-word-vectors", file_identity(corpus.word_vectors.value_or("")));
    for (const data::FeatureStreamOptions& stream : corpus.feature_streams)
      add(stream.name.c_str(), file_identity(stream.path));
  }
  add("streams", options.streams);
  if (reads_video(options)) {
    add("features", file_identity(options.features));
    add("motion-features", file_identity(options.motion_features.value_or("")));
    add("feature-norm", norm_name(options.feature_norm));
    add("max-frames", frame_limit(options, corpus));
    add("model", options.model);
    add("fusion", options.fusion);
    if (options.fusion_place == models::HmeFusionPlace::kVideoQuestion)
      add("fusion-place", "video-question");
    add("slots", memory_slots(options, corpus.name));
  }
  if (chosen_streams(options).input == models::VideoInput::kNamedStreams) {
    const models::TvqaConfig& tvqa = options.tvqa;
    add("hsz1", tvqa.hidden_raw);
    add("hsz2", tvqa.hidden_mature);
    add("n-layers-cls", tvqa.classifier_layers);
    add("noqs", tvqa.variant == models::TvqaVariant::kWithoutQuestion);
    add("fusion-dim", tvqa.fusion_dim);
    add("fusion-per-stream", tvqa.fusion_per_stream);
    add("deep-cca", static_cast<int>(tvqa.deep_cca));
    add("deep-cca-layers", tvqa.deep_cca_layers);
    add("deep-cca-weight", tvqa.deep_cca_weight);
  }
  add("hidden", hidden_width(options, corpus.name));
  add("dropout", options.dropout);
  add("word-vectors", file_identity(options.word_vectors.value_or("")));
  add("word-dim", options.word_dim);
  add("initial-weights", file_identity(options.initial_weights.value_or("")));
  add("epochs", train.epochs);
  add("batch-size", train.batch_size);
  add("optimizer", train.optimizer == train::Optimizer::kAdam ? "adam" : "radam");
  add("learning-rate", train.learning_rate);
  add("weight-decay", train.weight_decay);
  add("clip-norm", train.clip_norm);
  add("loss-reduction", train.loss_reduction == train::LossReduction::kMean ? "mean" : "sum");
  add("validate-every", train.validate_every);
  add("validate-first", train.validate_first);
  add("patience", train.patience);
  add("patience-counts",
      train.patience_counts == train::PatienceCounts::kInARow ? "in-a-row" : "in-total");
  add("seed", train.seed);
  return lines;
}

}  // namespace vidqa::benchmarks
