#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct MutanOptions {
  explicit MutanOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(int64_t, rank) = 15;
  /// One W and one M for both inputs, registered once, as linear0 and merge_linear0.
  TORCH_ARG(bool, shared) = false;
  TORCH_ARG(bool, normalize) = true;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// MUTAN, Ben-younes et al., ICCV 2017, arXiv 1705.06676. With m = mm_dim:
///   u = drop(W0 x + b0), v = drop(W1 y + b1), a = M0 u + c0, b = M1 v + c1, both rank m wide;
///   z_j = sum over r < rank of a_{r m + j} b_{r m + j}, strided; out = drop(Wo drop(z) + bo),
/// z through signed_sqrt_l2 with `normalize`. The paper has tanh after W0 and W1 and no
/// normalisation. The published code of arXiv 1902.00038 returns two dimensions whatever the input
/// has; here leading dimensions are kept.
class MutanImpl : public Fusion {
 public:
  static constexpr const char* kName = "mutan";

  explicit MutanImpl(const MutanOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const MutanOptions options;

 private:
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};  ///< is linear0_ when shared, as is the next pair
  torch::nn::Linear merge_linear0_{nullptr};
  torch::nn::Linear merge_linear1_{nullptr};
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(Mutan);

}  // namespace vidqa::fusion
