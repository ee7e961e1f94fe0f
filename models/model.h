#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>

#include "models/batch.h"
#include "models/model_config.h"
#include "models/task.h"

namespace vidqa::models {

struct Output {
  torch::Tensor scores;  ///< (B, C) open-ended, (B, A) multiple choice, (B, 1) count
  /// Where streams vote by themselves, what each contributes to the scores, of the same shape.
  std::vector<std::pair<std::string, torch::Tensor>> stream_scores = {};
  torch::Tensor penalty =
      {};  ///< a term of the loss that does not depend on labels; undefined: none
  /// How much each time step of the clip counts, (B, T), where the model was asked for it
  /// (Model::report_attention()): rows sum to 1 and are 0 in the padding. The softmax over time of
  /// its temporal attention; of several (streams, hops), their mean. For multiple choice, that of
  /// the candidate with the highest score. Undefined: not asked for, or no attention over time.
  torch::Tensor attention = {};
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

  /// Whether forward() fills Output::attention in evaluation mode. Off unless asked for: it takes
  /// the softmax once more. Of no effect where ModelEntry::attends_over_time is false.
  void report_attention(bool asked) { reports_attention_ = asked; }

 protected:
  explicit Model(ModelConfig config) : config_(std::move(config)) {}

  /// All parameters but those whose names begin with one of `prefixes`.
  std::vector<torch::Tensor> parameters_without(const std::vector<std::string>& prefixes) const;

  bool reports_attention() const { return reports_attention_ && !is_training(); }

 private:
  ModelConfig config_;
  bool reports_attention_ = false;
};

using ModelPtr = std::shared_ptr<Model>;

/// What of a clip a model reads.
enum class VideoInput {
  kNone,
  kTwoStreams,    ///< Batch::appearance and motion
  kNamedStreams,  ///< Batch::streams
};

/// What of a question a model reads.
enum class TextInput {
  kQuestion,    ///< the question, with its candidates where there are any
  kCandidates,  ///< candidates alone (Batch::answers), nothing where there are none
};

/// Whether a model has a place for a fusion.
enum class FusionUse { kNone, kOptional, kNeeded };

/// One row of the table from which `--help` and the parametrised tests pick up every model.
struct ModelEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;
  std::vector<Task> tasks;
  TextInput text;
  VideoInput video;
  FusionUse fusion;
  bool attends_over_time;  ///< whether it can give Output::attention
  ModelPtr (*make)(const ModelConfig& config);

  bool answers(Task task) const;
  bool reads_text(Task task) const;
};

const std::vector<ModelEntry>& model_table();

/// Row of `name`; throws c10::Error that lists the accepted names.
const ModelEntry& find_model(const std::string& name);

/// Throws c10::Error naming the model and the option that does not fit.
ModelPtr make_model(const std::string& name, const ModelConfig& config);

}  // namespace vidqa::models
