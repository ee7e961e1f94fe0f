#pragma once

#include <string>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "fusion/fusion.h"
#include "models/model.h"
#include "models/ragged.h"
#include "models/sequence.h"

namespace vidqa::models {

/// Additive attention over time, `TpAtt_a` and `TpAtt_m` of HME (Fan et al., CVPR 2019, arXiv
/// 1904.04357):
///   s_t = tanh(X_t Wa + q Ua + ba) . Va, weights = softmax_t(s), result = sum_t weight_t X_t.
class TemporalAttentionImpl : public torch::nn::Module {
 public:
  /// `width`: of X and q (2h in HME); `hidden`: h.
  TemporalAttentionImpl(int64_t width, int64_t hidden);

  /// states (R, width), query (N, width) -> (N, width).
  torch::Tensor forward(const RaggedSequence& states, const torch::Tensor& query);
  /// The same over padded sequences, (N, T, width).
  torch::Tensor forward(const Sequence& states, const torch::Tensor& query);
  /// The weights alone, (N, T), 0 in the padding.
  torch::Tensor weights(const Sequence& states, const torch::Tensor& query) const;

 private:
  torch::Tensor Wa_;
  torch::Tensor Ua_;
  torch::Tensor Va_;
  torch::Tensor ba_;
};
TORCH_MODULE(TemporalAttention);

/// A memory of HME together with its part of the attention, which is the same for every query.
struct KeyedMemory {
  RaggedSequence memory;  ///< rows (R, h)
  torch::Tensor keys;     ///< (R, h): rows W + b
};

struct KeyedMemories {
  KeyedMemory video;
  KeyedMemory text;
};

/// The attention over two modalities of HME, `mm_att`: reads both memories with the state s and
/// weights the readings v, t:
///   mv = v Vbv + bbv + s Wb,  mt = t Vbt + bbt + s Wb,  beta = softmax(tanh(mv).wb, tanh(mt).wb),
///   y = tanh(s Whh + beta_0 video_sum_encoder(v) + beta_1 question_sum_encoder(t) + bh).
/// With a fusion (Winterbottom et al., arXiv 2012.10285) the two rows are fusion(mv, mt) (N, 2h),
/// halved, instead of mv and mt; v and t themselves stay unfused, as in the released code.
class ModalityAttentionImpl : public torch::nn::Module {
 public:
  ModalityAttentionImpl(int64_t hidden, const std::string& fusion_spec, HmeInit init);

  /// Once for all queries.
  KeyedMemories prepare(const RaggedSequence& video, const RaggedSequence& text) const;
  /// state (N, h) -> (N, h).
  torch::Tensor forward(const torch::Tensor& state, const KeyedMemories& memories);

 private:
  void initialise(HmeInit init);

  torch::Tensor Wav_, Wat_, Uav_, Uat_, Vav_, Vat_, bav_, bat_;  // reading the memories
  torch::Tensor Whh_, Wvh_, Wth_, bh_;             // Wvh, Wth: never used, in published weights
  torch::Tensor Wb_, Vbv_, Vbt_, bbv_, bbt_, wb_;  // weighting the readings
  torch::nn::Linear video_sum_encoder_{nullptr};
  torch::nn::Linear question_sum_encoder_{nullptr};
  fusion::FusionPtr fusion_;  // null: as published
};
TORCH_MODULE(ModalityAttention);

}  // namespace vidqa::models
