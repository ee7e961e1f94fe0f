#pragma once

#include "fusion/pooled_fusion.h"

namespace vidqa::fusion {

struct LinearSumOptions;

/// Sum of two projections, the linear baseline of Ben-younes et al., "BLOCK", AAAI 2019, arXiv
/// 1902.00038:
///   u = drop(phi(W0 x + b0)), v = drop(phi(W1 y + b1)), z = u + v,
///   out = drop(psi(Wo drop(z) + bo)),
/// phi = activ_input, psi = activ_output, z through signed_sqrt_l2 with `normalize`.
/// With inputs of more than two dimensions the published code normalises dimension 1; here it is
/// always the features.
class LinearSumImpl : public PooledFusion {
 public:
  using Options = LinearSumOptions;
  static constexpr const char* kName = "linear_sum";
  static constexpr PooledKind kKind = {
      kName,
      cpu::Combine::kSum,
      /*num_blocks=*/1,
      /*has_factor=*/false,
      /*normalizes=*/false,
      /*dropout_middle=*/"dropout_pre_lin",
      /*drops_before_pooling=*/false,
  };

  explicit LinearSumImpl(const PooledOptions& options) : PooledFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct LinearSumOptions : PooledOptions {
  explicit LinearSumOptions(FusionDims dims) : PooledOptions(dims, LinearSumImpl::kKind) {}
};

TORCH_MODULE(LinearSum);

}  // namespace vidqa::fusion
