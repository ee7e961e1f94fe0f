#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>

#include "models/batch.h"
#include "models/task.h"

namespace vidqa::models {

/// Fusion spec of a model as published, without a fusion module.
inline constexpr const char* kNoFusion = "default";

/// The released HME code initialises its modality attention in two ways.
enum class HmeInit {
  kCommon,  ///< TGIF-QA, EgoVQA, TVQA: weights N(0, 0.01), sum encoders N(0, 0.02)
  kMsvd,    ///< MSVD-QA: weights N(0, 0.1), sum encoders as LibTorch
};

/// Variants of TVQA's model that change what the mature LSTM reads (tvqa.h).
enum class TvqaVariant {
  kWithQuestion,     ///< as published
  kWithoutQuestion,  ///< --noqs of trying_blp: answers only
};

/// Deep canonical correlation analysis before concatenation (deep_cca.h).
enum class DeepCcaUse {
  kNone,
  kOnce,        ///< as meant
  kAsReleased,  ///< once for each step of the longest clip of the batch
};

/// What only the models of TVQA have. Defaults are those of the paper.
struct TvqaConfig {
  std::vector<std::string> streams = {"sub", "vcpt", "imagenet"};
  std::map<std::string, int64_t> feature_dims;  ///< width of each stream that is no text
  int64_t hidden_raw = 150;                     ///< hsz1: lstm_raw gives rows of d = 2 hsz1
  int64_t hidden_mature = 300;                  ///< hsz2
  int64_t fusion_dim = 750;                     ///< Z, with a fusion only
  int64_t classifier_layers = 1;                ///< n_layers_cls
  bool fusion_per_stream = false;               ///< as released, all streams share one
  TvqaVariant variant = TvqaVariant::kWithQuestion;
  DeepCcaUse deep_cca = DeepCcaUse::kNone;
  int64_t deep_cca_layers = 2;
  double deep_cca_weight = 0;  ///< of the total correlation in the loss; the released code has none
};

/// What a model has to know of the data and of the experiment. Sizes 0 mean "not used".
struct ModelConfig {
  Task task = Task::kOpenEnded;
  int64_t vocab_size = 0;
  int64_t num_classes = 0;  ///< open-ended only: size of the answer set
  int64_t appearance_dim = 0;
  int64_t motion_dim = 0;
  int64_t word_dim = 300;
  int64_t hidden = 512;
  int64_t slots = 20;  ///< memory slots S of HME
  double dropout = 0.2;
  std::string fusion = kNoFusion;  ///< fusion spec (fusion/fusion.h)
  HmeInit hme_init = HmeInit::kCommon;
  /// Input width of HME's `video_encoder`, which computes nothing but stands in published weights:
  /// 4096 for MSVD-QA and EgoVQA, 6144 for TGIF-QA. 0: appearance_dim + motion_dim.
  int64_t video_encoder_dim = 0;
  TvqaConfig tvqa;
};

struct Output {
  torch::Tensor scores;  ///< (B, C) open-ended, (B, A) multiple choice, (B, 1) count
  /// Where streams vote by themselves, what each contributes to the scores, of the same shape.
  std::vector<std::pair<std::string, torch::Tensor>> stream_scores = {};
  torch::Tensor penalty =
      {};  ///< a term of the loss that does not depend on labels; undefined: none
};

/// A video question answering model: one task, one answer head.
class Model : public torch::nn::Module {
 public:
  virtual Output forward(const Batch& batch) = 0;

  /// The published loss of the model, mean over the batch; every label must be valid.
  virtual torch::Tensor loss(const Output& output, const torch::Tensor& labels) const;

  /// Copies (V, word_dim) word vectors into the embedding.
  virtual void set_word_vectors(const torch::Tensor& vectors) = 0;

  /// Parameters that the optimiser updates. Those that exist only so that published weights load by
  /// name ("dead" parameters) are left out.
  virtual std::vector<torch::Tensor> trainable_parameters() const { return parameters(); }

  const ModelConfig& config() const { return config_; }

 protected:
  explicit Model(ModelConfig config) : config_(std::move(config)) {}

 private:
  ModelConfig config_;
};

using ModelPtr = std::shared_ptr<Model>;

/// What of a clip a model reads.
enum class VideoInput {
  kNone,
  kTwoStreams,    ///< Batch::appearance and motion
  kNamedStreams,  ///< Batch::streams
};

/// Whether a model has a place for a fusion.
enum class FusionUse { kNone, kOptional, kNeeded };

/// One row of the table from which `--help` and the parametrised tests pick up every model.
struct ModelEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;
  std::vector<Task> tasks;
  VideoInput video;
  FusionUse fusion;
  ModelPtr (*make)(const ModelConfig& config);

  bool answers(Task task) const;
};

const std::vector<ModelEntry>& model_table();

/// Row of `name`; throws c10::Error that lists the accepted names.
const ModelEntry& find_model(const std::string& name);

/// Throws c10::Error naming the model and the option that does not fit.
ModelPtr make_model(const std::string& name, const ModelConfig& config);

}  // namespace vidqa::models
