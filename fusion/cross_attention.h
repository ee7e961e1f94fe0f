#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct CrossAttentionOptions {
  explicit CrossAttentionOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 512;
  TORCH_ARG(int64_t, heads) = 8;  ///< divides mm_dim
  TORCH_ARG(double, dropout_attention) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Multi-head attention of one sequence over another, Vaswani et al., NIPS 2017, arXiv 1706.03762,
/// section 3.2, as a guided-attention unit of MCAN (Yu et al., CVPR 2019, arXiv 1906.10770, section
/// 3.1) without its feed-forward layer. For step t of x, step s of y and each of `heads` heads of
/// width w = mm_dim / heads:
///   a_ts = softmax over the valid s of (Wq x_t) . (Wk y_s) / sqrt(w),
///   h_t = LayerNorm(Wx x_t + drop([sum over s of a_ts Wv y_s] of all heads)),
///   out_t = drop(Wo h_t + bo).
/// Per sequence: an output row depends on all steps of y. Where no step of y is valid the attention
/// gives 0.
class CrossAttentionImpl : public Fusion {
 public:
  using Options = CrossAttentionOptions;
  static constexpr const char* kName = "cross_attention";
  static constexpr Granularity kGranularity = Granularity::kSequence;

  explicit CrossAttentionImpl(const CrossAttentionOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const CrossAttentionOptions options;

 protected:
  torch::Tensor compose_sequences(const torch::Tensor& x, const torch::Tensor& y,
                                  const torch::Tensor& y_mask) override;

 private:
  /// (..., T, mm_dim) -> (..., heads, T, w)
  torch::Tensor split_heads(const torch::Tensor& states) const;

  torch::nn::Linear query_{nullptr};
  torch::nn::Linear key_{nullptr};
  torch::nn::Linear value_{nullptr};
  torch::nn::Linear residual_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(CrossAttention);

}  // namespace vidqa::fusion
