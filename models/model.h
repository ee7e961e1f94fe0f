#pragma once

#include <memory>
#include <string>
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
};

struct Output {
  torch::Tensor scores;  ///< (B, C) open-ended, (B, A) multiple choice, (B, 1) count
};

/// A video question answering model: one task, one answer head.
class Model : public torch::nn::Module {
 public:
  virtual Output forward(const Batch& batch) = 0;

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

/// One row of the table from which `--help` and the parametrised tests pick up every model.
struct ModelEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;
  bool uses_video;
  bool uses_fusion;
  ModelPtr (*make)(const ModelConfig& config);
};

const std::vector<ModelEntry>& model_table();

/// Row of `name`; throws c10::Error that lists the accepted names.
const ModelEntry& find_model(const std::string& name);

/// Throws c10::Error naming the model and the option that does not fit.
ModelPtr make_model(const std::string& name, const ModelConfig& config);

}  // namespace vidqa::models
