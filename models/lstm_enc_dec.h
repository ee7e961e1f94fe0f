#pragma once

#include <vector>

#include <torch/nn/modules/linear.h>

#include "models/model.h"
#include "models/text_encoder.h"
#include "models/video_encoder.h"

namespace vidqa::models {

/// The LSTM encoder-decoder of EgoVQA (Fan, ICCV workshops 2019), as fanchenyou/EgoVQA releases it
/// (`LSTMEncDec`), with the published names:
///   rows x_t = [m_t; a_t] through two stacked cells from zero; the text cells start from their
///   last states, h and c of both layers; q = [last layer-1; last layer-2 hidden] (2h); score =
///   linear_decoder_count_2(linear_decoder_count_1(q)), 2h -> 2h -> outputs.
/// There is no nonlinearity between the two, and nothing is dropped, as released. The released code
/// scores one text at a time, and runs the text once more before the video without using it.
class LstmEncDec : public Model {
 public:
  explicit LstmEncDec(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  void set_word_vectors(const torch::Tensor& vectors) override;
  /// All but video_encoder.
  std::vector<torch::Tensor> trainable_parameters() const override;

 private:
  TextEncoder text_encoder_;
  torch::nn::Linear unused_video_encoder_{nullptr};  // in published weights
  VideoEncoder encoder_;
  torch::nn::Linear decoder_{nullptr};
  torch::nn::Linear output_{nullptr};
};

}  // namespace vidqa::models
