#pragma once

#include <vector>

#include <torch/nn/modules/linear.h>

#include "fusion/fusion.h"
#include "models/attention.h"
#include "models/memory.h"
#include "models/model.h"
#include "models/multi_step_fusion.h"
#include "models/text_encoder.h"
#include "models/video_encoder.h"

namespace vidqa::models {

/// HME, "Heterogeneous Memory Enhanced Multimodal Attention Model for Video Question Answering"
/// (Fan et al., CVPR 2019, arXiv 1904.04357), as fanchenyou/HME-VideoQA releases it: names and
/// values of its state_dict are the published ones.
///
/// Batched: the released code runs one example and one candidate at a time; here the B * A texts
/// are one batch without padding, both streams go through their encoders side by side, and a clip's
/// products with the input weights are made once for all its candidates. What follows differs from
/// candidate to candidate, because the video encoders start from the state of the text.
///
/// A fusion F of the config stands in one of two places (ModelConfig::fusion_place), with h the
/// hidden width, v_a, v_m (2h each) the temporal attentions over the streams, z (2h) the result of
/// the multi-step fusion, q (2h) the question, its last hidden states of both layers:
///   modality attention   F: (h, h) -> 2h, as published by Winterbottom et al. (arXiv 2012.10285):
///                        inside `mm_att` (attention.h), where it moves two weights of a sum
///   video-question       F: (2h, 2h) -> 2h. s = [tanh(linear_decoder_att_a(v_a));
///                        tanh(linear_decoder_att_m(v_m))] is the video summary of which the
///                        published answer is read, f = [s; tanh(linear_decoder_mem(z))] (3h).
///                        Here f = [F(s, q); tanh(linear_decoder_mem(z))]: the attended video
///                        reaches the answer through the fusion with the question alone, the
///                        memories as ever. A fusion that lets s through is the published model;
///                        concat_mlp is the baseline. Parameters: video_question_fusion.*.
/// Without a fusion there is nothing to place: video-question is then an error.
class Hme : public Model {
 public:
  explicit Hme(const ModelConfig& config);

  Output forward(const Batch& batch) override;
  void set_word_vectors(const torch::Tensor& vectors) override;
  /// All but video_encoder, mm_att.Wvh and mm_att.Wth, which no output depends on.
  std::vector<torch::Tensor> trainable_parameters() const override;

 private:
  TextEncoder text_encoder_;
  torch::nn::Linear unused_video_encoder_{nullptr};  // in published weights
  VideoEncoder encoder_a_, encoder_m_;
  TemporalAttention attention_a_{nullptr}, attention_m_{nullptr};
  VideoMemory video_memory_{nullptr};
  QuestionMemory question_memory_{nullptr};
  MultiStepFusion multi_step_;
  torch::nn::Linear decoder_a_{nullptr}, decoder_m_{nullptr}, decoder_memory_{nullptr};
  torch::nn::Linear output_{nullptr};
  fusion::FusionPtr video_question_fusion_;  // null: elsewhere, or none
};

}  // namespace vidqa::models
