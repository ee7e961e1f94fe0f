#pragma once

#include <torch/types.h>

#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct LMFOptions {
  explicit LMFOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, rank) = 16;
  TORCH_ARG(double, dropout_input) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Low-rank multimodal fusion, Liu et al., ACL 2018, arXiv 1806.00064, equation 7 for two
/// modalities: the outer product of [1; x] and [1; y] times a weight tensor of rank r, which is
/// never made,
///   u_i = U_i [1; drop(x)], v_i = V_i [1; drop(y)] for i < rank, both `out` wide;
///   out = drop(sum over i of a_i u_i * v_i + b).
/// The ones keep what each input says by itself. The a_i and b are of the released code, which has
/// no dropout here.
class LMFImpl : public Fusion {
 public:
  using Options = LMFOptions;
  static constexpr const char* kName = "lmf";

  explicit LMFImpl(const LMFOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const LMFOptions options;

 private:
  torch::Tensor factor_x_;        ///< (rank, dx + 1, out); its first row multiplies the one
  torch::Tensor factor_y_;        ///< (rank, dy + 1, out)
  torch::Tensor fusion_weights_;  ///< (1, rank)
  torch::Tensor fusion_bias_;     ///< (1, out)
};

TORCH_MODULE(LMF);

}  // namespace vidqa::fusion
