#pragma once

#include "fusion/block_term_fusion.h"

namespace vidqa::fusion {

struct TuckerOptions;

/// Tucker decomposition with a full core T (m, m, m), m = mm_dim, the unconstrained form of MUTAN
/// (Ben-younes et al., ICCV 2017, arXiv 1705.06676):
///   u = drop(W0 x + b0), v = drop(W1 y + b1), z_k = sum_ij u_i T_kij v_j + c_k,
///   out = drop(Wo drop(z) + bo),
/// z through signed_sqrt_l2 with `normalize`. A core that does not fit into memory is refused.
/// The published code takes an option `shared` that has no effect; it is left out.
class TuckerImpl : public BlockTermFusion {
 public:
  using Options = TuckerOptions;
  static constexpr const char* kName = "tucker";
  static constexpr BlockTermKind kKind = {
      kName,
      /*has_chunks=*/false,
      /*has_low_rank=*/false,
      /*can_share=*/false,
  };

  explicit TuckerImpl(const BlockTermOptions& options) : BlockTermFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct TuckerOptions : BlockTermOptions {
  explicit TuckerOptions(FusionDims dims) : BlockTermOptions(dims, TuckerImpl::kKind) {}
};

TORCH_MODULE(Tucker);

}  // namespace vidqa::fusion
