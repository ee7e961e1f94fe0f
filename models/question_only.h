#pragma once

#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include "models/model.h"
#include "models/text_encoder.h"

namespace vidqa::models {

/// The control that stands in every table: what can be answered from the text alone. HME's text
/// encoder and one hidden layer:
///   q = [last layer-1 hidden; last layer-2 hidden] (2h),
///   scores = output(drop(tanh(decoder(drop(q))))).
/// Multiple choice scores every candidate's text by itself.
class QuestionOnly : public Model {
 public:
  explicit QuestionOnly(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  void set_word_vectors(const torch::Tensor& vectors) override;

 private:
  TextEncoder text_encoder_;
  torch::nn::Linear decoder_{nullptr};
  torch::nn::Linear output_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
};

}  // namespace vidqa::models
