#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/types.h>

#include "features/precision.h"

namespace vidqa::features {

/// Kernel, stride and padding in every spatial dimension.
struct ConvGeometry {
  std::vector<int64_t> kernel, stride, padding;
  int64_t groups = 1;
};

/// A convolution for inference on the CPU: oneDNN with the weights laid out as it likes them for
/// the size at hand (once a size), and bias, residual sum and ReLU done while the result is in
/// registers. Activations are ordinary tensors in channels_last order, between which nothing is
/// rearranged. Torch's own call lays out the weights every time and passes over the result again
/// for each of the three.
class OnednnConvolution {
 public:
  /// Whether this build has it: where LibTorch and we share one oneDNN, as Debian's packages do.
  static bool available();

  /// weight (O, I / groups, k...), bias (O), float32 on the CPU; two or three spatial dimensions.
  OnednnConvolution(const torch::Tensor& weight, const torch::Tensor& bias, ConvGeometry geometry,
                    Precision precision);
  ~OnednnConvolution();

  /// x (n, I, ...) -> (n, O, ...) in the dtype of the precision. Where `residual` (of the result's
  /// size, in channels_last order and the dtype of the precision) is defined, the result is added
  /// to it in place and it is what is returned. One thread at a time.
  torch::Tensor operator()(const torch::Tensor& x, bool relu, const torch::Tensor& residual);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::features
