#pragma once

#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct LinearSumOptions {
  explicit LinearSumOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(std::string, activ_input) = "leaky_relu";
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(bool, normalize) = false;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Sum of two projections, the linear baseline of Ben-younes et al., "BLOCK", AAAI 2019, arXiv
/// 1902.00038:
///   u = drop(phi(W0 x + b0)), v = drop(phi(W1 y + b1)), z = u + v,
///   out = drop(psi(Wo drop(z) + bo)),
/// phi = activ_input, psi = activ_output, z through signed_sqrt_l2 with `normalize`.
/// With inputs of more than two dimensions the published code normalises dimension 1; here it is
/// always the features.
class LinearSumImpl : public Fusion {
 public:
  static constexpr const char* kName = "linear_sum";

  explicit LinearSumImpl(const LinearSumOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const LinearSumOptions options;

 private:
  Activation activ_input_;
  Activation activ_output_;
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(LinearSum);

}  // namespace vidqa::fusion
