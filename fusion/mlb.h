#pragma once

#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct MLBOptions {
  explicit MLBOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(std::string, activ_input) = "leaky_relu";
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(bool, normalize) = true;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Multimodal low-rank bilinear pooling, Kim et al., ICLR 2017, arXiv 1610.04325:
///   u = drop(phi(W0 x + b0)), v = drop(phi(W1 y + b1)), z = u * v elementwise,
///   out = drop(psi(Wo drop(z) + bo)),
/// phi = activ_input, psi = activ_output, z through signed_sqrt_l2 with `normalize`.
/// The paper has phi = tanh and neither psi nor normalisation. With inputs of more
/// than two dimensions the published code of arXiv 1902.00038 normalises dimension 1; here it is
/// always the features.
class MLBImpl : public Fusion {
 public:
  static constexpr const char* kName = "mlb";

  explicit MLBImpl(const MLBOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const MLBOptions options;

 private:
  Activation activ_input_;
  Activation activ_output_;
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(MLB);

}  // namespace vidqa::fusion
