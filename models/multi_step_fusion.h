#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "models/attention.h"
#include "models/lstm.h"
#include "models/model.h"
#include "models/ragged.h"

namespace vidqa::models {

/// Multi-step fusion of HME, `mm_module_v1` (Fan et al., CVPR 2019, arXiv 1904.04357, section 3.4):
///   x = drop(tanh(hidden_encoder_1([last H2_a; last H2_m]))), then three rounds of
///   p1 = lstm_mm_1(x), p2 = lstm_mm_2(p1), x = drop(tanh(hidden_encoder_2([p2; mm_att(p2)])));
/// the result is [p1; p2] of the third round. Its last x influences nothing, so it is not computed
/// here; the released code computes it.
///
/// The published weights name the parts as the model's own, so this is no module.
class MultiStepFusion {
 public:
  /// Registers the parts in `owner`, under their published names.
  MultiStepFusion(torch::nn::Module& owner, const ModelConfig& config);

  /// last_states (N, 2h), the video and the question memory (rows, h) -> (N, 2h).
  torch::Tensor forward(const torch::Tensor& last_states, const RaggedSequence& video_memory,
                        const RaggedSequence& text_memory);

 private:
  torch::nn::Linear hidden_encoder_1_{nullptr};
  torch::nn::Linear hidden_encoder_2_{nullptr};
  LstmCell lstm_mm_1_{nullptr};
  LstmCell lstm_mm_2_{nullptr};
  ModalityAttention mm_att_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
};

}  // namespace vidqa::models
