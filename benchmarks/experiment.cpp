#include "benchmarks/experiment.h"

#include <filesystem>

#include <fmt/format.h>
#include <torch/utils.h>

#include "features/atomic_file.h"
#include "models/model.h"
#include "pipeline/data/word_vectors.h"
#include "pipeline/train/checkpoint.h"
#include "pipeline/train/environment.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kVideoStreams = "appearance,motion";
constexpr const char* kNoStreams = "none";
constexpr const char* kQuestionOnlyModel = "question_only";

bool reads_video(const ExperimentOptions& options) {
  TORCH_CHECK(options.streams == kVideoStreams || options.streams == kNoStreams,
              "streams: must be '", kVideoStreams, "' or '", kNoStreams, "', got '",
              options.streams, "'");
  return options.streams == kVideoStreams;
}

int64_t max_frames(const ExperimentOptions& options, const data::QaCorpus& corpus) {
  return options.max_frames > 0 ? options.max_frames : corpus.max_frames;
}

data::QaDataset dataset(const ExperimentOptions& options, const LoadedData& data,
                        const std::vector<data::Question>& questions) {
  return {questions, data.corpus.task, reads_video(options) ? data.features : nullptr};
}

const std::vector<data::Question>& questions_of(const data::QaCorpus& corpus,
                                                const std::string& split) {
  if (split == "train") return corpus.train;
  if (split == "val") return corpus.val;
  TORCH_CHECK(split == "test", "split: must be train, val or test, got '", split, "'");
  return corpus.test;
}

std::string file_identity(const std::string& path) {
  if (path.empty()) return "";
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
  const bool video = reads_video(options);
  TORCH_CHECK(!video || !options.features.empty(),
              "features: an HDF5 file must be given (--features), unless streams is '", kNoStreams,
              "'");
  LoadedData data;
  data.corpus = load_dataset(options.dataset, options.data);
  if (video) {
    data::VideoFeatureOptions features;
    features.appearance_path = options.features;
    features.motion_path = options.motion_features;
    features.max_frames = max_frames(options, data.corpus);
    features.norm = options.feature_norm;
    data.features = std::make_shared<data::VideoFeatures>(features, data.corpus.train);
  }
  return data;
}

void check_features(const LoadedData& data) {
  const data::QaCorpus& corpus = data.corpus;
  for (const auto* questions : {&corpus.train, &corpus.val, &corpus.test})
    data::QaDataset(*questions, corpus.task, data.features).check_features();
}

models::ModelPtr build_model(const ExperimentOptions& options, const LoadedData& data) {
  const bool video = reads_video(options);
  models::find_model(
      options.model);  // a misspelt name is an error also where the control stands in for it
  const std::string name = video ? options.model : kQuestionOnlyModel;
  models::ModelConfig config;
  config.task = data.corpus.task;
  config.vocab_size = data.corpus.vocabulary.size();
  config.num_classes = static_cast<int64_t>(data.corpus.answers.size());
  config.word_dim = options.word_dim;
  config.hidden = options.hidden;
  config.slots = options.slots > 0 ? options.slots : data.corpus.max_frames;
  config.dropout = options.dropout;
  if (video) {
    config.appearance_dim = data.features->appearance_dim();
    config.motion_dim = data.features->motion_dim();
    config.fusion = options.fusion;
    if (data.corpus.name == "msvd-qa") {  // as its released code does
      config.hme_init = models::HmeInit::kMsvd;
      config.video_encoder_dim = config.appearance_dim;
    }
  }

  torch::manual_seed(options.train.seed);
  models::ModelPtr model = models::make_model(name, config);
  data::WordVectorOptions words;
  words.path = options.word_vectors;
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
    if (reads_video(options)) check_features(data);
    features::write_text_atomically(run.config_toml(), config_toml);
    features::write_text_atomically(run.environment_json(),
                                    train::to_json(train::probe_environment()));
  }
  const models::ModelPtr model = build_model(options, data);
  return train::train(*model, train_set, val_set, test_set, data.corpus.answers, options.train, run,
                      identity, observer);
}

std::vector<train::Prediction> evaluate_run(
    const ExperimentOptions& options, const LoadedData& data, const train::RunFolder& run,
    const std::string& split, const std::function<void(int64_t done, int64_t total)>& on_progress) {
  const data::QaDataset questions = dataset(options, data, questions_of(data.corpus, split));
  train::check_same_run(run.best_checkpoint(), experiment_identity(options, data));
  const models::ModelPtr model = build_model(options, data);
  train::load_checkpoint(run.best_checkpoint(), *model, /*optimizer=*/nullptr);
  const torch::Device device(options.train.device);
  model->to(device);
  return train::predict(*model, questions, data.corpus.answers, options.train.eval_batch_size,
                        device, on_progress);
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
  add("streams", options.streams);
  if (reads_video(options)) {
    add("features", file_identity(options.features));
    add("motion-features", file_identity(options.motion_features.value_or("")));
    add("feature-norm", norm_name(options.feature_norm));
    add("max-frames", max_frames(options, corpus));
    add("model", options.model);
    add("fusion", options.fusion);
    add("slots", options.slots > 0 ? options.slots : corpus.max_frames);
  }
  add("hidden", options.hidden);
  add("dropout", options.dropout);
  add("word-vectors", file_identity(options.word_vectors.value_or("")));
  add("word-dim", options.word_dim);
  add("epochs", train.epochs);
  add("batch-size", train.batch_size);
  add("learning-rate", train.learning_rate);
  add("weight-decay", train.weight_decay);
  add("clip-norm", train.clip_norm);
  add("patience", train.patience);
  add("seed", train.seed);
  return lines;
}

}  // namespace vidqa::benchmarks
