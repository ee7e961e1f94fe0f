#pragma once

#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct HeuristicMatchingOptions {
  explicit HeuristicMatchingOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(std::string, activation) = "leaky_relu";
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_hidden) = 0.2;
};

/// Concatenation with product and distance, Mou et al., ACL 2016, arXiv 1512.08422, section 3.2
/// (and Conneau et al., EMNLP 2017, arXiv 1705.02364): a strong baseline that costs little,
///   h = [x; y; x * y; |x - y|], out = W2 drop(phi(W1 drop(h) + b1)) + b2,
/// phi = activation, W1 mm_dim rows. Where the widths differ y is projected to that of x first. The
/// first paper takes x - y instead, which W1 can make of the concatenation.
class HeuristicMatchingImpl : public Fusion {
 public:
  using Options = HeuristicMatchingOptions;
  static constexpr const char* kName = "heuristic_matching";

  explicit HeuristicMatchingImpl(const HeuristicMatchingOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const HeuristicMatchingOptions options;

 private:
  Activation activation_;
  torch::nn::Linear match_{nullptr};  ///< empty where the widths are equal
  torch::nn::Linear hidden_{nullptr};
  torch::nn::Linear out_{nullptr};
};

TORCH_MODULE(HeuristicMatching);

}  // namespace vidqa::fusion
