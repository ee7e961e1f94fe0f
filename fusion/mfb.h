#pragma once

#include "fusion/pooled_fusion.h"

namespace vidqa::fusion {

struct MFBOptions;

/// Multimodal factorized bilinear pooling, Yu et al., ICCV 2017, arXiv 1708.01471. With m = mm_dim,
/// f = factor:
///   u = drop(phi(W0 x + b0)), v = drop(phi(W1 y + b1)), both m f wide; t = drop(u * v);
///   z_j = sum over k < f of t_{j f + k}, groups of neighbours; out = drop(psi(Wo z + bo)),
/// phi = activ_input, psi = activ_output, z through signed_sqrt_l2 with `normalize`. No dropout
/// between z and Wo. The paper has neither phi nor psi, and f = 5.
class MFBImpl : public PooledFusion {
 public:
  using Options = MFBOptions;
  static constexpr const char* kName = "mfb";
  static constexpr PooledKind kKind = {
      kName,
      cpu::Combine::kProduct,
      /*num_blocks=*/1,
      /*has_factor=*/true,
      /*normalizes=*/true,
      /*dropout_middle=*/"dropout_pre_norm",
      /*drops_before_pooling=*/true,
  };

  explicit MFBImpl(const PooledOptions& options) : PooledFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct MFBOptions : PooledOptions {
  explicit MFBOptions(FusionDims dims) : PooledOptions(dims, MFBImpl::kKind) {}
};

TORCH_MODULE(MFB);

}  // namespace vidqa::fusion
