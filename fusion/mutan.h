#pragma once

#include "fusion/block_term_fusion.h"

namespace vidqa::fusion {

struct MutanOptions;

/// MUTAN, Ben-younes et al., ICCV 2017, arXiv 1705.06676. With m = mm_dim:
///   u = drop(W0 x + b0), v = drop(W1 y + b1), a = M0 u + c0, b = M1 v + c1, both rank m wide;
///   z_j = sum over r < rank of a_{r m + j} b_{r m + j}, strided; out = drop(Wo drop(z) + bo),
/// z through signed_sqrt_l2 with `normalize`. The paper has tanh after W0 and W1 and no
/// normalisation. The published code of arXiv 1902.00038 returns two dimensions whatever the input
/// has; here leading dimensions are kept.
class MutanImpl : public BlockTermFusion {
 public:
  using Options = MutanOptions;
  static constexpr const char* kName = "mutan";
  static constexpr BlockTermKind kKind = {
      kName,
      /*has_chunks=*/false,
      /*has_low_rank=*/true,
      /*can_share=*/true,
  };

  explicit MutanImpl(const BlockTermOptions& options) : BlockTermFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct MutanOptions : BlockTermOptions {
  explicit MutanOptions(FusionDims dims) : BlockTermOptions(dims, MutanImpl::kKind) {}
};

TORCH_MODULE(Mutan);

}  // namespace vidqa::fusion
