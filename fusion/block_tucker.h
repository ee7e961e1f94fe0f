#pragma once

#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/chunks.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct BlockTuckerOptions {
  explicit BlockTuckerOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(int64_t, chunks) = 20;
  /// One W for both inputs, registered once, as linear0.
  TORCH_ARG(bool, shared) = false;
  TORCH_ARG(PosNorm, pos_norm) = PosNorm::kBeforeCat;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// BLOCK with blocks of full rank, Ben-younes et al., AAAI 2019, arXiv 1902.00038: as Block
/// (block.h), with
///   z_ck = sum_ij u_ci T_ckij v_cj + b_ck
/// for each chunk, T_c (w, w, w).
class BlockTuckerImpl : public Fusion {
 public:
  static constexpr const char* kName = "block_tucker";

  explicit BlockTuckerImpl(const BlockTuckerOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const BlockTuckerOptions options;

 private:
  std::vector<int64_t> sizes_;
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};  ///< is linear0_ when shared
  torch::nn::ModuleList bilinears_;     ///< hold T_c and b_c; their product is functional.h's
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(BlockTucker);

}  // namespace vidqa::fusion
