#pragma once

#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct MFHOptions {
  explicit MFHOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  double num_parameters() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(int64_t, factor) = 2;
  TORCH_ARG(std::string, activ_input) = "leaky_relu";
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(bool, normalize) = false;
  TORCH_ARG(double, dropout_input) = 0.2;
  /// Before the group sum of each block, not before the last layer: the name is that of the
  /// published code.
  TORCH_ARG(double, dropout_pre_lin) = 0.2;
  TORCH_ARG(double, dropout_output) = 0.2;
};

/// Multimodal factorized high-order pooling, Yu et al., TNNLS 2018, arXiv 1708.03619: two MFB
/// blocks (mfb.h) with weights of their own, the second of which also sees the product of the
/// first,
///   t1 = drop(u1 * v1), t2 = drop(u2 * v2 * t1), z_i = group sums of t_i,
///   out = drop(psi(Wo [z1; z2] + bo)).
/// t1 is taken after its dropout and before its sum. Each z_i goes through signed_sqrt_l2 by itself
/// with `normalize`.
class MFHImpl : public Fusion {
 public:
  static constexpr const char* kName = "mfh";

  explicit MFHImpl(const MFHOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y) override;

  const MFHOptions options;

 private:
  /// u * v of one block, (..., m f), before its dropout.
  torch::Tensor product(torch::nn::Linear& linear_x, torch::nn::Linear& linear_y,
                        const torch::Tensor& x, const torch::Tensor& y);
  /// (..., m f) -> (..., m)
  torch::Tensor pool(const torch::Tensor& t) const;

  Activation activ_input_;
  Activation activ_output_;
  torch::nn::Linear linear0_0_{nullptr};
  torch::nn::Linear linear1_0_{nullptr};
  torch::nn::Linear linear0_1_{nullptr};
  torch::nn::Linear linear1_1_{nullptr};
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(MFH);

}  // namespace vidqa::fusion
