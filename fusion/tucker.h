#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct TuckerOptions {
  explicit TuckerOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(bool, normalize) = true;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Tucker decomposition with a full core T (m, m, m), m = mm_dim, the unconstrained form of MUTAN
/// (Ben-younes et al., ICCV 2017, arXiv 1705.06676):
///   u = drop(W0 x + b0), v = drop(W1 y + b1), z_k = sum_ij u_i T_kij v_j + c_k,
///   out = drop(Wo drop(z) + bo),
/// z through signed_sqrt_l2 with `normalize`. A core that does not fit into memory is refused.
/// The published code takes an option `shared` that has no effect; it is left out.
class TuckerImpl : public Fusion {
 public:
  static constexpr const char* kName = "tucker";

  explicit TuckerImpl(const TuckerOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const TuckerOptions options;

 private:
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};
  torch::nn::Bilinear bilinear_{nullptr};  ///< holds T and c; its product is functional.h's
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(Tucker);

}  // namespace vidqa::fusion
