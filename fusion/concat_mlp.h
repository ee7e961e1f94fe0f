#pragma once

#include <string>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct ConcatMLPOptions {
  explicit ConcatMLPOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;
  /// Widths from the concatenation to the output.
  std::vector<int64_t> widths() const;

  TORCH_ARG(FusionDims, dims);
  /// Width of the two hidden layers; not used where `dimensions` is set.
  TORCH_ARG(int64_t, mm_dim) = 1600;
  /// Widths of the hidden layers, any number of them.
  TORCH_ARG(std::vector<int64_t>, dimensions);
  TORCH_ARG(std::string, activation) = "leaky_relu";
  TORCH_ARG(double, dropout) = 0.2;
};

/// Concatenation and a multi-layer perceptron, the baseline of Ben-younes et al., "BLOCK", AAAI
/// 2019, arXiv 1902.00038:
///   h_0 = [x; y], h_l = drop(phi(W_l h_{l-1} + b_l)), out = W_L h_{L-1} + b_L;
/// neither activation nor dropout after the last layer.
/// The published code reshapes one 3-dimensional and one 2-dimensional input into each other; here
/// shapes must agree.
class ConcatMLPImpl : public Fusion {
 public:
  using Options = ConcatMLPOptions;
  static constexpr const char* kName = "concat_mlp";

  explicit ConcatMLPImpl(const ConcatMLPOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const ConcatMLPOptions options;

 protected:
  bool has_kernel() const override;
  torch::Tensor fuse(const torch::Tensor& x, const torch::Tensor& y) override;

 private:
  Activation activation_;
  torch::nn::ModuleList linears_;
};

TORCH_MODULE(ConcatMLP);

}  // namespace vidqa::fusion
