#pragma once

#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct MFBOptions {
  explicit MFBOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(int64_t, factor) = 2;
  TORCH_ARG(std::string, activ_input) = "leaky_relu";
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(bool, normalize) = true;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_norm) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Multimodal factorized bilinear pooling, Yu et al., ICCV 2017, arXiv 1708.01471. With m = mm_dim,
/// f = factor:
///   u = drop(phi(W0 x + b0)), v = drop(phi(W1 y + b1)), both m f wide; t = drop(u * v);
///   z_j = sum over k < f of t_{j f + k}, groups of neighbours; out = drop(psi(Wo z + bo)),
/// phi = activ_input, psi = activ_output, z through signed_sqrt_l2 with `normalize`. No dropout
/// between z and Wo. The paper has neither phi nor psi, and f = 5.
class MFBImpl : public Fusion {
 public:
  static constexpr const char* kName = "mfb";

  explicit MFBImpl(const MFBOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const MFBOptions options;

 private:
  Activation activ_input_;
  Activation activ_output_;
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(MFB);

}  // namespace vidqa::fusion
