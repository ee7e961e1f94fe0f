#pragma once

#include <string>

#include <torch/nn/module.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct PHMOptions {
  explicit PHMOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  /// n; divides the widths of both inputs, of the output and mm_dim.
  TORCH_ARG(int64_t, components) = 2;
  TORCH_ARG(std::string, activ_input) = "leaky_relu";
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// A linear layer whose weight is a sum of Kronecker products, parameterized hypercomplex
/// multiplication, Zhang et al., ICLR 2021, arXiv 2102.08597, equation 3:
///   W = sum over i < n of A_i (x) S_i, A_i (n, n), S_i (out / n, in / n),
/// about 1/n of the parameters of a free W. W is made once a call, from `a` (n, n, n) and `s`
/// (n, out / n, in / n).
class PHMLinearImpl : public torch::nn::Module {
 public:
  PHMLinearImpl(int64_t in_features, int64_t out_features, int64_t components);

  torch::Tensor forward(const torch::Tensor& x) const;
  /// (out, in)
  torch::Tensor weight() const;

 private:
  torch::Tensor a_;
  torch::Tensor s_;
  torch::Tensor bias_;
};

TORCH_MODULE(PHMLinear);

/// Low-rank bilinear pooling (MLB, Kim et al., ICLR 2017, arXiv 1610.04325) whose three projections
/// are hypercomplex:
///   u = drop(phi(P0 x)), v = drop(phi(P1 y)), out = drop(psi(Po drop(u * v))),
/// P a PHMLinear, phi = activ_input, psi = activ_output.
class PHMImpl : public Fusion {
 public:
  using Options = PHMOptions;
  static constexpr const char* kName = "phm";

  explicit PHMImpl(const PHMOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const PHMOptions options;

 private:
  Activation activ_input_;
  Activation activ_output_;
  PHMLinear linear0_{nullptr};
  PHMLinear linear1_{nullptr};
  PHMLinear linear_out_{nullptr};
};

TORCH_MODULE(PHM);

}  // namespace vidqa::fusion
