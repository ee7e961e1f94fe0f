#pragma once

#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/chunks.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct BlockOptions {
  explicit BlockOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(int64_t, chunks) = 20;
  TORCH_ARG(int64_t, rank) = 15;
  /// One W and one set of M for both inputs, registered once, as linear0 and merge_linears0.
  TORCH_ARG(bool, shared) = false;
  TORCH_ARG(PosNorm, pos_norm) = PosNorm::kBeforeCat;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// BLOCK, Ben-younes et al., AAAI 2019, arXiv 1902.00038:
///   u = drop(W0 x + b0), v = drop(W1 y + b1), mm_dim wide, cut into chunks of width w (chunks.h);
///   a = M0_c u_c, b = M1_c v_c with bias, both rank w wide;
///   z_cj = sum over r < rank of a_{r w + j} b_{r w + j}, strided;
///   z = the z_c joined, always through signed_sqrt_l2, where `pos_norm` says;
///   out = drop(Wo drop(z) + bo).
class BlockImpl : public Fusion {
 public:
  static constexpr const char* kName = "block";

  explicit BlockImpl(const BlockOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const BlockOptions options;

 private:
  std::vector<int64_t> sizes_;
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};  ///< is linear0_ when shared, as is the next pair
  torch::nn::ModuleList merge_linears0_;
  torch::nn::ModuleList merge_linears1_;
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(Block);

}  // namespace vidqa::fusion
