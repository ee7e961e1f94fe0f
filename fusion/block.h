#pragma once

#include "fusion/block_term_fusion.h"

namespace vidqa::fusion {

struct BlockOptions;

/// BLOCK, Ben-younes et al., AAAI 2019, arXiv 1902.00038:
///   u = drop(W0 x + b0), v = drop(W1 y + b1), mm_dim wide, cut into chunks of width w (chunks.h);
///   a = M0_c u_c, b = M1_c v_c with bias, both rank w wide;
///   z_cj = sum over r < rank of a_{r w + j} b_{r w + j}, strided;
///   z = the z_c joined, always through signed_sqrt_l2, where `pos_norm` says;
///   out = drop(Wo drop(z) + bo).
class BlockImpl : public BlockTermFusion {
 public:
  using Options = BlockOptions;
  static constexpr const char* kName = "block";
  static constexpr BlockTermKind kKind = {
      kName,
      /*has_chunks=*/true,
      /*has_low_rank=*/true,
      /*can_share=*/true,
  };

  explicit BlockImpl(const BlockTermOptions& options) : BlockTermFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct BlockOptions : BlockTermOptions {
  explicit BlockOptions(FusionDims dims) : BlockTermOptions(dims, BlockImpl::kKind) {}
};

TORCH_MODULE(Block);

}  // namespace vidqa::fusion
