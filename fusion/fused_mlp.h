#pragma once

#include <vector>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/cpu/dense_rows.h"
#include "fusion/dropout.h"

namespace vidqa::fusion {

/// ConcatMLP on the CPU. The concatenation is never made: the first layer is x Wx + y Wy with the
/// two halves of its weight. Keeps the hidden layers (after activation and dropout) for the
/// backward pass.
struct FusedMlp {
  std::vector<torch::nn::Linear> layers;
  std::vector<cpu::DenseRows>
      rows;              ///< what follows each layer; nothing but the bias after the last
  DropoutPlaces places;  ///< that `rows` got theirs from

  /// x (R, dx), y (R, dy) -> (R, dz), float32 or float64 on the CPU.
  static torch::Tensor apply(FusedMlp spec, const torch::Tensor& x, const torch::Tensor& y);
};

}  // namespace vidqa::fusion
