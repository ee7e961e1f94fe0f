#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/types.h>

#include "models/batch.h"
#include "models/lstm.h"
#include "models/model.h"
#include "models/ragged.h"

namespace vidqa::models {

/// The texts of a batch, N = B * A, candidates of one question after each other, without padding.
struct EmbeddedText {
  torch::Tensor projected;  ///< (R, 4h): the words times the input weights of lstm_text_1
  RowLayout layout;         ///< N sequences
};

/// The text encoder of HME and its relatives: word vectors, then two stacked LSTM cells.
///
/// The published weights name the parts (embed, lstm_text_1, lstm_text_2) as the model's own, so
/// this is no module.
class TextEncoder {
 public:
  /// Registers the parts in `owner`, under their published names.
  TextEncoder(torch::nn::Module& owner, const ModelConfig& config);

  EmbeddedText embed(const Batch& batch);
  /// As run_stacks(): undefined tensors of the start are zeros.
  StackedOutput run(const EmbeddedText& text, const StackedState& start) const;

  /// See Model::set_word_vectors. Throws c10::Error when the shape differs.
  void set_word_vectors(const torch::Tensor& vectors);

 private:
  torch::nn::Embedding embed_{nullptr};
  LstmCell lstm_text_1_{nullptr};
  LstmCell lstm_text_2_{nullptr};
};

}  // namespace vidqa::models
