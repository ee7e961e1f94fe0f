#pragma once

#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>

#include "models/attention.h"
#include "models/lstm.h"
#include "models/memory.h"
#include "models/model.h"
#include "models/multi_step_fusion.h"
#include "models/text_encoder.h"

namespace vidqa::models {

/// HME, "Heterogeneous Memory Enhanced Multimodal Attention Model for Video Question Answering"
/// (Fan et al., CVPR 2019, arXiv 1904.04357), as fanchenyou/HME-VideoQA releases it: names and
/// values of its state_dict are the published ones.
///
/// Batched: the released code runs one example and one candidate at a time; here the B * A texts
/// are one batch without padding, both streams go through their encoders side by side, and a clip's
/// products with the input weights are made once for all its candidates. What follows differs from
/// candidate to candidate, because the video encoders start from the state of the text.
class Hme : public Model {
 public:
  explicit Hme(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  void set_word_vectors(const torch::Tensor& vectors) override;
  /// All but video_encoder, mm_att.Wvh and mm_att.Wth, which no output depends on.
  std::vector<torch::Tensor> trainable_parameters() const override;

 private:
  struct VideoEncoder {
    LstmCell layer_1{nullptr};
    LstmCell layer_2{nullptr};
  };
  VideoEncoder register_video_encoder(const std::string& suffix, int64_t width);

  TextEncoder text_encoder_;
  torch::nn::Linear unused_video_encoder_{nullptr};  // in published weights
  VideoEncoder encoder_a_, encoder_m_;
  TemporalAttention attention_a_{nullptr}, attention_m_{nullptr};
  VideoMemory video_memory_{nullptr};
  QuestionMemory question_memory_{nullptr};
  MultiStepFusion multi_step_;
  torch::nn::Linear decoder_a_{nullptr}, decoder_m_{nullptr}, decoder_memory_{nullptr};
  torch::nn::Linear output_{nullptr};
};

}  // namespace vidqa::models
