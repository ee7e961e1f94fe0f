#pragma once

#include "fusion/pooled_fusion.h"

namespace vidqa::fusion {

struct MFHOptions;

/// Multimodal factorized high-order pooling, Yu et al., TNNLS 2018, arXiv 1708.03619: two MFB
/// blocks (mfb.h) with weights of their own, the second of which also sees the product of the
/// first,
///   t1 = drop(u1 * v1), t2 = drop(u2 * v2 * t1), z_i = group sums of t_i,
///   out = drop(psi(Wo [z1; z2] + bo)).
/// t1 is taken after its dropout and before its sum. Each z_i goes through signed_sqrt_l2 by itself
/// with `normalize`. dropout_pre_lin sits before the group sums, not before Wo: the name is that of
/// the published code.
class MFHImpl : public PooledFusion {
 public:
  using Options = MFHOptions;
  static constexpr const char* kName = "mfh";
  static constexpr PooledKind kKind = {
      kName,
      cpu::Combine::kProduct,
      /*num_blocks=*/2,
      /*has_factor=*/true,
      /*normalizes=*/false,
      /*dropout_middle=*/"dropout_pre_lin",
      /*drops_before_pooling=*/true,
  };

  explicit MFHImpl(const PooledOptions& options) : PooledFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct MFHOptions : PooledOptions {
  explicit MFHOptions(FusionDims dims) : PooledOptions(dims, MFHImpl::kKind) {}
};

TORCH_MODULE(MFH);

}  // namespace vidqa::fusion
