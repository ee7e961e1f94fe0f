#pragma once

#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct FiLMOptions {
  explicit FiLMOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Feature-wise linear modulation, Perez et al., AAAI 2018, arXiv 1709.07871, equations 1 and 2: y
/// scales and shifts the features of x,
///   h = W drop(x) + b, [gamma; beta] = Wf drop(y) + bf, out = drop(psi((1 + gamma) * h + beta)),
/// psi = activ_output, ReLU in the paper. 1 + gamma is theirs (section 7.2): it leaves the features
/// alone at first. Not symmetric: what conditions is the second input.
class FiLMImpl : public Fusion {
 public:
  using Options = FiLMOptions;
  static constexpr const char* kName = "film";

  explicit FiLMImpl(const FiLMOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const FiLMOptions options;

 private:
  Activation activ_output_;
  torch::nn::Linear linear_{nullptr};
  torch::nn::Linear film_{nullptr};
};

TORCH_MODULE(FiLM);

}  // namespace vidqa::fusion
