#pragma once

#include <vector>

#include <torch/nn/modules/linear.h>

#include "models/attention.h"
#include "models/model.h"
#include "models/text_encoder.h"
#include "models/video_encoder.h"

namespace vidqa::models {

/// ST-VQA with temporal attention (Jang et al., "TGIF-QA", CVPR 2017, arXiv 1704.04497) as
/// fanchenyou/EgoVQA releases it (`TGIFBenchmark`), with the published names. Video and text cells
/// and q as in LstmEncDec; then, over X = [H1; H2] (T x 2h) of the video,
///   v = TpAtt(X, q) (2h),  score = linear_decoder_count_2(tanh(linear_decoder_count_1(v)) * q),
/// with the elementwise product where the TensorFlow code of TGIF-QA's authors adds. Nothing is
/// dropped, as released.
class StVqa : public Model {
 public:
  explicit StVqa(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  void set_word_vectors(const torch::Tensor& vectors) override;
  /// All but video_encoder, linear_decoder_att and linear_decoder_mem.
  std::vector<torch::Tensor> trainable_parameters() const override;

 private:
  TextEncoder text_encoder_;
  torch::nn::Linear unused_video_encoder_{nullptr};  // in published weights
  VideoEncoder encoder_;
  TemporalAttention attention_{nullptr};
  torch::nn::Linear unused_decoder_att_{nullptr}, unused_decoder_mem_{nullptr};  // likewise
  torch::nn::Linear decoder_{nullptr};
  torch::nn::Linear output_{nullptr};
};

}  // namespace vidqa::models
