#pragma once

#include "fusion/block_term_fusion.h"

namespace vidqa::fusion {

struct BlockTuckerOptions;

/// BLOCK with blocks of full rank, Ben-younes et al., AAAI 2019, arXiv 1902.00038: as Block
/// (block.h), with
///   z_ck = sum_ij u_ci T_ckij v_cj + b_ck
/// for each chunk, T_c (w, w, w).
class BlockTuckerImpl : public BlockTermFusion {
 public:
  using Options = BlockTuckerOptions;
  static constexpr const char* kName = "block_tucker";
  static constexpr BlockTermKind kKind = {
      kName,
      /*has_chunks=*/true,
      /*has_low_rank=*/false,
      /*can_share=*/true,
  };

  explicit BlockTuckerImpl(const BlockTermOptions& options) : BlockTermFusion(options) {}
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;
};

struct BlockTuckerOptions : BlockTermOptions {
  explicit BlockTuckerOptions(FusionDims dims) : BlockTermOptions(dims, BlockTuckerImpl::kKind) {}
};

TORCH_MODULE(BlockTucker);

}  // namespace vidqa::fusion
