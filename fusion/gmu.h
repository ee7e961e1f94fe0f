#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct GMUOptions {
  explicit GMUOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Gated multimodal unit, Arevalo et al., ICLR 2017 workshop, arXiv 1702.01992, section 3.1 for two
/// modalities: a gate for every feature weighs what each input says,
///   h_x = tanh(Wx x + bx), h_y = tanh(Wy y + by), g = sigmoid(Wz [x; y] + bz),
///   out = drop(g * h_x + (1 - g) * h_y),
/// x and y after dropout. The paper has neither biases nor dropout.
class GMUImpl : public Fusion {
 public:
  using Options = GMUOptions;
  static constexpr const char* kName = "gmu";

  explicit GMUImpl(const GMUOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const GMUOptions options;

 private:
  torch::nn::Linear hidden_x_{nullptr};
  torch::nn::Linear hidden_y_{nullptr};
  torch::nn::Linear gate_{nullptr};
};

TORCH_MODULE(GMU);

}  // namespace vidqa::fusion
