#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/types.h>

#include "models/batch.h"
#include "models/lstm.h"
#include "models/model.h"
#include "models/ragged.h"

namespace vidqa::models {

/// The texts of a batch, N = B * A, candidates of one question after each other.
struct EmbeddedText {
  torch::Tensor projected;  ///< (N, L, 4h): the words times the input weights of lstm_text_1
  torch::Tensor lengths;    ///< (N) int64
};

/// The same without padding: rows of the texts after one another.
struct EmbeddedWords {
  torch::Tensor projected;  ///< (R, 4h)
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
  StackedOutput run(const EmbeddedText& text, const StackedState& start) const;
  EmbeddedWords embed_words(const Batch& batch);
  /// As run_stacks(): undefined tensors of the start are zeros.
  StackedOutput run(const EmbeddedWords& words, const StackedState& start) const;
  StackedState zero_state(int64_t num_texts) const;

  /// See Model::set_word_vectors. Throws c10::Error when the shape differs.
  void set_word_vectors(const torch::Tensor& vectors);

 private:
  torch::nn::Embedding embed_{nullptr};
  LstmCell lstm_text_1_{nullptr};
  LstmCell lstm_text_2_{nullptr};
};

}  // namespace vidqa::models
