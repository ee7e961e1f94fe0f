#pragma once

#include <vector>

#include <torch/nn/modules/linear.h>

#include "models/episodic_memory.h"
#include "models/model.h"
#include "models/text_encoder.h"
#include "models/video_encoder.h"

namespace vidqa::models {

/// Motion-appearance co-memory networks (Gao et al., CVPR 2018, arXiv 1803.10906) as
/// fanchenyou/EgoVQA releases them (`CoMemory`), with the published names:
///   s = [h1; h2], the text's last states, from which both streams start as in HME;
///   F_a, F_m = [H1; H2] of the streams (T x 2h), M_a, M_m their last rows, a, b = M_a, M_m without
///   a gradient to them; three hops of
///     p = a + b,  M_a = epm1(F_a, p, M_a),  M_m = epm2(F_m, p, M_m),
///     a = tanh(ma_decoder([a; M_a; s])),  b = tanh(mb_decoder([b; M_m; s]))  (6h -> 2h each);
///   score = linear_decoder_count_2(tanh(linear_decoder_count_1([a; b]))), 4h -> 2h -> outputs.
/// Nothing is dropped, as released. The fact ensembles of the paper (temporal convolutions) are not
/// in that code.
class CoMemory : public Model {
 public:
  explicit CoMemory(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  void set_word_vectors(const torch::Tensor& vectors) override;
  /// All but video_encoder, TpAtt_a, TpAtt_m, lstm_mm_1, lstm_mm_2, hidden_encoder_1,
  /// hidden_encoder_2 and linear_decoder_mem, which stand in published weights alone.
  std::vector<torch::Tensor> trainable_parameters() const override;

 private:
  void register_unused(const ModelConfig& config);

  TextEncoder text_encoder_;
  VideoEncoder encoder_a_, encoder_m_;
  EpisodicMemory memory_a_{nullptr}, memory_m_{nullptr};
  torch::nn::Linear decoder_a_{nullptr}, decoder_m_{nullptr};
  torch::nn::Linear decoder_{nullptr};
  torch::nn::Linear output_{nullptr};
};

}  // namespace vidqa::models
