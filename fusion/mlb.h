#pragma once

#include "fusion/pooled_fusion.h"

namespace vidqa::fusion {

struct MLBOptions;

/// Multimodal low-rank bilinear pooling, Kim et al., ICLR 2017, arXiv 1610.04325:
///   u = drop(phi(W0 x + b0)), v = drop(phi(W1 y + b1)), z = u * v elementwise,
///   out = drop(psi(Wo drop(z) + bo)),
/// phi = activ_input, psi = activ_output, z through signed_sqrt_l2 with `normalize`.
/// The paper has phi = tanh and neither psi nor normalisation. With inputs of more
/// than two dimensions the published code of arXiv 1902.00038 normalises dimension 1; here it is
/// always the features.
class MLBImpl : public PooledFusion {
 public:
  using Options = MLBOptions;
  static constexpr const char* kName = "mlb";
  static constexpr PooledKind kKind = {
      kName,
      cpu::Combine::kProduct,
      /*num_blocks=*/1,
      /*has_factor=*/false,
      /*normalizes=*/true,
      /*dropout_middle=*/"dropout_pre_lin",
      /*drops_before_pooling=*/false,
  };

  explicit MLBImpl(const PooledOptions& options) : PooledFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct MLBOptions : PooledOptions {
  explicit MLBOptions(FusionDims dims) : PooledOptions(dims, MLBImpl::kKind) {}
};

TORCH_MODULE(MLB);

}  // namespace vidqa::fusion
