#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/datasets/dataset.h"
#include "models/model.h"
#include "pipeline/data/video_features.h"
#include "pipeline/train/trainer.h"

namespace vidqa::benchmarks {

/// ExperimentOptions::streams of the question-only control.
inline constexpr const char* kNoStreams = "none";

/// Everything that decides what one training run computes: the options of `vidqa train`.
struct ExperimentOptions {
  std::string dataset;
  DatasetOptions data;
  /// HDF5; empty with streams = none, or to take the files beside the annotations
  /// (data::QaCorpus::feature_pair and feature_streams), normalised as published.
  std::string features;
  std::optional<std::string> motion_features;  ///< see data::VideoFeatureOptions::motion_path
  data::FeatureNorm feature_norm = data::FeatureNorm::kNone;  ///< of `features`
  /// TVQA: batches laid out as the published HME reads them.
  data::VideoShift video_shift = data::VideoShift::kNone;
  /// What of a clip the model reads: "published", as the model's code; "none", the question-only
  /// control; for TVQA's models also a list of sub, vcpt, imagenet, regional and motion.
  std::string streams = "published";
  std::string model = "hme";
  std::string fusion = "default";
  /// Where HME has its fusion.
  models::HmeFusionPlace fusion_place = models::HmeFusionPlace::kModalityAttention;
  int64_t hidden = 0;      ///< 0: the data set's published width (published_settings.h)
  int64_t slots = 0;       ///< HME memory slots; 0: the data set's published number
  int64_t max_frames = 0;  ///< 0: the data set's published number
  double dropout = 0.2;
  models::TvqaConfig tvqa;  ///< of TVQA's models; streams and feature_dims come from elsewhere
  std::optional<std::string> word_vectors;  ///< GloVe text file; unset: seeded normal vectors
  int64_t word_dim = 300;
  std::optional<std::string> initial_weights;  ///< checkpoint from which training starts
  train::TrainOptions train;
};

/// A data set read once and shared by every run over it.
struct LoadedData {
  data::QaCorpus corpus;
  std::shared_ptr<data::VideoFeatures> features;  ///< null where no stream is of features
};

/// Throws c10::Error on streams that the model does not have, and on what the readers refuse.
LoadedData load_data(const ExperimentOptions& options);

/// Reads every clip of the three splits once, so that a missing or broken one is found before
/// training starts. Returns what a user should be told (VideoFeatures::warnings()).
std::vector<std::string> check_features(const LoadedData& data);

/// What a model has to know of the data; sizes 0 mean "not there".
struct DataSizes {
  std::string dataset;
  models::Task task = models::Task::kOpenEnded;
  int64_t vocabulary = 0;
  int64_t num_classes = 0;  ///< open-ended: size of the answer set
  int64_t appearance_dim = 0;
  int64_t motion_dim = 0;
  std::map<std::string, int64_t> stream_dims;  ///< TVQA: width of each stream that is no text
  bool has_candidates = false;  ///< multiple choice: whether they stand apart from the question
};

DataSizes sizes_of(const LoadedData& data);

/// The model that `options` describes for data of these sizes, seeded with options.train.seed, its
/// word vectors as the model draws them. With streams = none it is the question-only model,
/// whatever `model` and `fusion` say.
models::ModelPtr make_model(const ExperimentOptions& options, const DataSizes& sizes);

/// The model that `options` describes, seeded with options.train.seed, word vectors set.
models::ModelPtr build_model(const ExperimentOptions& options, const LoadedData& data);

/// The first training question as that model reads it.
models::Batch example_batch(const ExperimentOptions& options, const LoadedData& data);

/// Trains (or resumes) one run, after check_features(). `config_toml` is kept in the run folder as
/// config.toml, beside environment.json. A run that is DONE is left as it is.
train::TrainSummary run_experiment(const ExperimentOptions& options, const LoadedData& data,
                                   const train::RunFolder& run, const std::string& config_toml,
                                   const train::TrainObserver& observer);

/// Whether the model of `options` can say how its attention lies over time.
bool attends_over_time(const ExperimentOptions& options);

/// The model of a run with the weights of its best checkpoint or, where given, of another one of
/// the same model (`vidqa import`); in evaluation mode, on options.train.device.
models::ModelPtr load_trained_model(const ExperimentOptions& options, const LoadedData& data,
                                    const train::RunFolder& run,
                                    const std::optional<std::string>& weights = std::nullopt);

/// Predictions on "train", "val" or "test", by that model. `with_attention`: with how it lies
/// over time; throws c10::Error unless attends_over_time().
std::vector<train::Prediction> evaluate_run(
    const ExperimentOptions& options, const LoadedData& data, const train::RunFolder& run,
    const std::string& split, const std::optional<std::string>& weights = std::nullopt,
    const std::function<void(int64_t done, int64_t total)>& on_progress = {},
    bool with_attention = false);

/// `key=value` lines that must agree for two runs to be one: what resume and skip compare. Files
/// stand by name and size, so that data may move; the device and the batch size of evaluation are
/// left out.
std::string experiment_identity(const ExperimentOptions& options, const LoadedData& data);

}  // namespace vidqa::benchmarks
