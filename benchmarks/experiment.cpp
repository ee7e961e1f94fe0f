#include "benchmarks/experiment.h"

#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <torch/utils.h>

#include "benchmarks/published_settings.h"
#include "features/atomic_file.h"
#include "models/model.h"
#include "pipeline/data/word_vectors.h"
#include "pipeline/train/checkpoint.h"
#include "pipeline/train/environment.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kPublishedStreams = "published";
constexpr const char* kNoStreams = "none";
constexpr const char* kQuestionOnlyModel = "question_only";

/// What of a clip is read.
struct StreamChoice {
  models::VideoInput input = models::VideoInput::kNone;
  std::vector<std::string> names;  ///< with kNamedStreams
};

StreamChoice chosen_streams(const ExperimentOptions& options) {
  if (options.streams == kNoStreams) return {};
  const models::VideoInput input = models::find_model(options.model).video;
  if (input != models::VideoInput::kNamedStreams) {
    TORCH_CHECK(options.streams == kPublishedStreams, "streams: ", options.model,
                " reads appearance and motion; must be '", kPublishedStreams, "' or '", kNoStreams,
                "', got '", options.streams, "'");
    return {input, {}};
  }
  if (options.streams == kPublishedStreams)
    return {input, options.model == "tvqa_dual_stream"
                       ? std::vector<std::string>{"sub", "imagenet"}
                       : std::vector<std::string>{"sub", "vcpt", "imagenet"}};
  StreamChoice choice = {input, {}};
  std::istringstream names(options.streams);
  for (std::string name; std::getline(names, name, ',');) choice.names.push_back(name);
  return choice;
}

bool reads_video(const ExperimentOptions& options) {
  return chosen_streams(options).input != models::VideoInput::kNone;
}

int64_t max_frames(const ExperimentOptions& options, const data::QaCorpus& corpus) {
  return options.max_frames > 0 ? options.max_frames : corpus.max_frames;
}

int64_t hidden(const ExperimentOptions& options, const data::QaCorpus& corpus) {
  return options.hidden > 0 ? options.hidden : published_settings(corpus.name).hidden;
}

int64_t slots(const ExperimentOptions& options, const data::QaCorpus& corpus) {
  return options.slots > 0 ? options.slots : published_settings(corpus.name).slots;
}

/// Candidates that stand apart from their question, which video_only has to have.
void check_candidates(const models::ModelEntry& model, const data::QaCorpus& corpus) {
  if (model.text != models::TextInput::kCandidates) return;
  const bool stand_apart = !corpus.train.empty() && !corpus.train.front().answer_ids.empty();
  TORCH_CHECK(corpus.task != models::Task::kMultipleChoice || stand_apart, model.name, ": ",
              corpus.name,
              " gives no candidates apart from their question, so no model can answer its multiple "
              "choice without having read it");
}

data::QaDataset dataset(const ExperimentOptions& options, const LoadedData& data,
                        const std::vector<data::Question>& questions) {
  return {&questions, data.corpus.task, reads_video(options) ? data.features : nullptr};
}

std::string attending_models() {
  std::string names;
  for (const models::ModelEntry& model : models::model_table())
    if (model.attends_over_time) names += (names.empty() ? "" : ", ") + model.name;
  return names;
}

const std::vector<data::Question>& questions_of(const data::QaCorpus& corpus,
                                                const std::string& split) {
  if (split == "train") return corpus.train;
  if (split == "val") return corpus.val;
  TORCH_CHECK(split == "test", "split: must be train, val or test, got '", split, "'");
  return corpus.test;
}

/// Appearance and motion, where the model reads them: from the files that the options name, else
/// from those beside the annotations.
void choose_pair(const ExperimentOptions& options, const data::QaCorpus& corpus,
                 data::VideoFeatureOptions& features) {
  features.sampling = corpus.sampling;
  features.shift = options.video_shift;
  if (!options.features.empty()) {
    features.appearance_path = options.features;
    features.motion_path = options.motion_features;
    features.norm = options.feature_norm;
    return;
  }
  TORCH_CHECK(corpus.feature_pair, "features: ", options.model,
              " needs an HDF5 file (--features), unless streams is '", kNoStreams,
              "' or the released files stand beside the annotations");
  TORCH_CHECK(!options.motion_features, "features: --motion-features needs --features as well");
  TORCH_CHECK(options.feature_norm == data::FeatureNorm::kNone,
              "features: --feature-norm needs --features as well; the released files that stand "
              "beside the annotations are normalised as published");
  features.appearance_path = corpus.feature_pair->appearance;
  features.motion_path = corpus.feature_pair->motion;
  features.norm = corpus.feature_pair->norm;
}

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

LoadedData load_data(const ExperimentOptions& options) {
  const StreamChoice streams = chosen_streams(options);
  const bool video = streams.input != models::VideoInput::kNone;
  DatasetOptions dataset_options = options.data;
  dataset_options.streams = streams.names;
  const bool reads_pair = streams.input == models::VideoInput::kTwoStreams;
  if (reads_pair && options.features.empty())  // TVQA
    dataset_options.streams = std::vector<std::string>{"imagenet", "motion"};
  LoadedData data;
  data.corpus = load_dataset(options.dataset, dataset_options);
  const bool reads_features =
      reads_pair || !data.corpus.feature_streams.empty();  // TVQA may read text alone
  if (video && reads_features) {
    data::VideoFeatureOptions features;
    features.max_frames = max_frames(options, data.corpus);
    if (reads_pair)
      choose_pair(options, data.corpus, features);
    else
      features.streams = data.corpus.feature_streams;
    data.features = std::make_shared<data::VideoFeatures>(features, data.corpus.train);
  }
  return data;
}

std::vector<std::string> check_features(const LoadedData& data) {
  if (data.features == nullptr) return {};
  const data::QaCorpus& corpus = data.corpus;
  for (const auto* questions : {&corpus.train, &corpus.val, &corpus.test})
    data::QaDataset(questions, corpus.task, data.features).check_features();
  return data.features->warnings();
}

models::ModelPtr build_model(const ExperimentOptions& options, const LoadedData& data) {
  const StreamChoice streams = chosen_streams(options);
  const bool video = streams.input != models::VideoInput::kNone;
  // A misspelt name is an error also where the control stands in for it.
  const models::ModelEntry& asked_for = models::find_model(options.model);
  const std::string name = video ? options.model : kQuestionOnlyModel;
  models::ModelConfig config;
  config.task = data.corpus.task;
  config.vocab_size = data.corpus.vocabulary.size();
  config.num_classes = static_cast<int64_t>(data.corpus.answers.size());
  config.word_dim = options.word_dim;
  config.hidden = hidden(options, data.corpus);
  config.slots = slots(options, data.corpus);
  config.dropout = options.dropout;
  if (video) {
    check_candidates(asked_for, data.corpus);
    config.tvqa = options.tvqa;
    config.tvqa.streams = streams.names;
    config.fusion = options.fusion;
    config.fusion_place = options.fusion_place;
    if (data.features != nullptr) {
      config.appearance_dim = data.features->appearance_dim();
      config.motion_dim = data.features->motion_dim();
      for (const std::string& stream : data.features->stream_names())
        config.tvqa.feature_dims[stream] = data.features->stream_dim(stream);
    }
    const PublishedSettings published = published_settings(data.corpus.name);
    config.hme_init = published.init;
    config.stream_roles = published.roles;
    if (published.encodes_one_stream) config.video_encoder_dim = config.appearance_dim;
  }

  torch::manual_seed(options.train.seed);
  models::ModelPtr model = models::make_model(name, config);
  data::WordVectorOptions words;
  words.path = options.word_vectors ? options.word_vectors : data.corpus.word_vectors;
  words.unknown_deviation = data.corpus.unknown_word_deviation;
  words.unknown_mean = data.corpus.unknown_word_mean;
  words.dim = options.word_dim;
  words.seed = options.train.seed;
  model->set_word_vectors(data::load_word_vectors(data.corpus.vocabulary, words).vectors);
  return model;
}

train::TrainSummary run_experiment(const ExperimentOptions& options, const LoadedData& data,
                                   const train::RunFolder& run, const std::string& config_toml,
                                   const train::TrainObserver& observer) {
  const std::string identity = experiment_identity(options, data);
  const data::QaDataset train_set = dataset(options, data, data.corpus.train);
  const data::QaDataset val_set = dataset(options, data, data.corpus.val);
  const data::QaDataset test_set = dataset(options, data, data.corpus.test);
  if (run.state() != train::RunFolder::State::kDone) {
    train::check_same_run(run.last_checkpoint(), identity);  // before config.toml is written over
    if (reads_video(options))
      for (const std::string& warning : check_features(data))
        if (observer.on_message) observer.on_message("warning: " + warning);
    features::write_text_atomically(run.config_toml(), config_toml);
    features::write_text_atomically(run.environment_json(),
                                    train::to_json(train::probe_environment()));
  }
  const models::ModelPtr model = build_model(options, data);
  if (options.initial_weights)
    train::load_checkpoint(*options.initial_weights, *model, /*optimizer=*/nullptr);
  return train::train(*model, train_set, val_set, test_set, data.corpus.answers, options.train, run,
                      identity, observer);
}

bool attends_over_time(const ExperimentOptions& options) {
  return reads_video(options) && models::find_model(options.model).attends_over_time;
}

models::ModelPtr load_trained_model(const ExperimentOptions& options, const LoadedData& data,
                                    const train::RunFolder& run,
                                    const std::optional<std::string>& weights) {
  if (!weights) train::check_same_run(run.best_checkpoint(), experiment_identity(options, data));
  models::ModelPtr model = build_model(options, data);
  train::load_checkpoint(weights.value_or(run.best_checkpoint()), *model, /*optimizer=*/nullptr);
  model->to(torch::Device(options.train.device));
  model->eval();
  return model;
}

std::vector<train::Prediction> evaluate_run(
    const ExperimentOptions& options, const LoadedData& data, const train::RunFolder& run,
    const std::string& split, const std::optional<std::string>& weights,
    const std::function<void(int64_t done, int64_t total)>& on_progress, bool with_attention) {
  const data::QaDataset questions = dataset(options, data, questions_of(data.corpus, split));
  TORCH_CHECK(!with_attention || attends_over_time(options),
              "attention: ", reads_video(options) ? options.model : kQuestionOnlyModel,
              " has none over time; models that have one: ", attending_models());
  const models::ModelPtr model = load_trained_model(options, data, run, weights);
  model->report_attention(with_attention);
  return train::predict(*model, questions, data.corpus.answers, options.train.eval_batch_size,
                        torch::Device(options.train.device), on_progress);
}

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
    add("max-frames", max_frames(options, corpus));
    add("model", options.model);
    add("fusion", options.fusion);
    if (options.fusion_place == models::HmeFusionPlace::kVideoQuestion)
      add("fusion-place", "video-question");
    add("slots", slots(options, corpus));
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
  add("hidden", hidden(options, corpus));
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
