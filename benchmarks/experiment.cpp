#include "benchmarks/experiment.h"

#include <filesystem>

#include <fmt/format.h>
#include <torch/utils.h>

#include "benchmarks/experiment_choices.h"
#include "benchmarks/published_settings.h"
#include "features/atomic_file.h"
#include "models/model.h"
#include "pipeline/data/word_vectors.h"
#include "pipeline/train/checkpoint.h"
#include "pipeline/train/environment.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kQuestionOnlyModel = "question_only";

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

/// Options that would change nothing are a mistake, which is told rather than passed over.
void check_options_of_tvqa(const ExperimentOptions& options, const data::QaCorpus& corpus) {
  if (corpus.name == "tvqa") return;
  TORCH_CHECK(!options.data.hard_restrict, "hard-restrict: is for tvqa alone, got data set ",
              corpus.name, "; leave it out");
  TORCH_CHECK(options.video_shift == data::VideoShift::kNone,
              "video-shift: is for tvqa alone, got data set ", corpus.name, "; leave it out");
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
  check_options_of_tvqa(options, data.corpus);
  const bool reads_features =
      reads_pair || !data.corpus.feature_streams.empty();  // TVQA may read text alone
  if (video && reads_features) {
    data::VideoFeatureOptions features;
    features.max_frames = frame_limit(options, data.corpus);
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

DataSizes sizes_of(const LoadedData& data) {
  const data::QaCorpus& corpus = data.corpus;
  DataSizes sizes;
  sizes.dataset = corpus.name;
  sizes.task = corpus.task;
  sizes.vocabulary = corpus.vocabulary.size();
  sizes.num_classes = static_cast<int64_t>(corpus.answers.size());
  sizes.has_candidates = !corpus.train.empty() && !corpus.train.front().answer_ids.empty();
  if (data.features != nullptr) {
    sizes.appearance_dim = data.features->appearance_dim();
    sizes.motion_dim = data.features->motion_dim();
    for (const std::string& stream : data.features->stream_names())
      sizes.stream_dims[stream] = data.features->stream_dim(stream);
  }
  return sizes;
}

models::ModelPtr make_model(const ExperimentOptions& options, const DataSizes& sizes) {
  const StreamChoice streams = chosen_streams(options);
  const bool video = streams.input != models::VideoInput::kNone;
  // A misspelt name is an error also where the control stands in for it.
  const models::ModelEntry& asked_for = models::find_model(options.model);
  models::ModelConfig config;
  config.task = sizes.task;
  config.vocab_size = sizes.vocabulary;
  config.num_classes = sizes.num_classes;
  config.word_dim = options.word_dim;
  config.hidden = hidden_width(options, sizes.dataset);
  config.slots = memory_slots(options, sizes.dataset);
  config.dropout = options.dropout;
  if (video) {
    TORCH_CHECK(asked_for.text != models::TextInput::kCandidates ||
                    sizes.task != models::Task::kMultipleChoice || sizes.has_candidates,
                asked_for.name, ": ", sizes.dataset,
                " gives no candidates apart from their question, so no model can answer its "
                "multiple choice without having read it");
    config.tvqa = options.tvqa;
    config.tvqa.streams = streams.names;
    config.tvqa.feature_dims = sizes.stream_dims;
    config.fusion = options.fusion;
    config.fusion_place = options.fusion_place;
    config.appearance_dim = sizes.appearance_dim;
    config.motion_dim = sizes.motion_dim;
    const PublishedSettings published = published_settings(sizes.dataset);
    config.hme_init = published.init;
    config.stream_roles = published.roles;
    if (published.encodes_one_stream) config.video_encoder_dim = config.appearance_dim;
  }
  torch::manual_seed(options.train.seed);
  return models::make_model(video ? options.model : kQuestionOnlyModel, config);
}

models::ModelPtr build_model(const ExperimentOptions& options, const LoadedData& data) {
  models::ModelPtr model = make_model(options, sizes_of(data));
  data::WordVectorOptions words;
  words.path = options.word_vectors ? options.word_vectors : data.corpus.word_vectors;
  words.unknown_deviation = data.corpus.unknown_word_deviation;
  words.unknown_mean = data.corpus.unknown_word_mean;
  words.dim = options.word_dim;
  words.seed = options.train.seed;
  model->set_word_vectors(data::load_word_vectors(data.corpus.vocabulary, words).vectors);
  return model;
}

models::Batch example_batch(const ExperimentOptions& options, const LoadedData& data) {
  return dataset(options, data, data.corpus.train).batch({0});
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

}  // namespace vidqa::benchmarks
