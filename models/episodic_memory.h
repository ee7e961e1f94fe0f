#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "models/sequence.h"

namespace vidqa::models {

/// A GRU whose update gates g_t are given (Xiong et al., ICML 2016, arXiv 1603.01417):
///   r = sigmoid(Wr f_t + Ur c), c' = g_t tanh(W f_t + r * (U c)) + (1 - g_t) c, c = 0 at first;
/// every product has a bias. Called AGRU, its cell AGRUCell, in published weights.
class AttentionGruImpl : public torch::nn::Module {
 public:
  explicit AttentionGruImpl(int64_t width);

  /// facts (N, T, width) -> (N, T, 2 width): what the steps need of them, [Wr f; W f].
  torch::Tensor project(const torch::Tensor& facts) const;
  /// `projected` from project(), gates (N, T) -> c after the last step (N, width). A gate of 0
  /// passes a step over.
  torch::Tensor forward(const torch::Tensor& projected, const torch::Tensor& gates) const;

 private:
  torch::nn::Linear fact_to_reset_{nullptr};   // Wr
  torch::nn::Linear state_to_reset_{nullptr};  // Ur
  torch::nn::Linear fact_{nullptr};            // W
  torch::nn::Linear state_{nullptr};           // U
};
TORCH_MODULE(AttentionGru);

/// What an episodic memory reads, with what does not change from hop to hop.
struct Facts {
  Sequence rows;            ///< values (N, T, width)
  torch::Tensor projected;  ///< AttentionGru::project of them
};

/// Episodic memory of a dynamic memory network, `epm1` and `epm2` of co_memory (Xiong et al., as
/// above): with the facts F, a context p and the memory M,
///   g = softmax_t(z2(tanh(z1([F_t * p; F_t * M; |F_t - p|; |F_t - M|])))),
///   c = AGRU(F, g),  result = relu(next_mem([M; c; p])).
class EpisodicMemoryImpl : public torch::nn::Module {
 public:
  explicit EpisodicMemoryImpl(int64_t width);

  Facts prepare(const Sequence& facts) const;
  /// The gates g of forward(), (N, T): they sum to 1 over the valid steps and are 0 elsewhere.
  torch::Tensor gates(const Facts& facts, const torch::Tensor& context,
                      const torch::Tensor& memory);
  /// context, memory (N, width) -> the next memory (N, width).
  torch::Tensor forward(const Facts& facts, const torch::Tensor& context,
                        const torch::Tensor& memory);

 private:
  torch::nn::Linear z1_{nullptr}, z2_{nullptr};
  AttentionGru gru_{nullptr};
  torch::nn::Linear next_memory_{nullptr};
};
TORCH_MODULE(EpisodicMemory);

}  // namespace vidqa::models
