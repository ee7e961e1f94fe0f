#pragma once

#include <vector>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/cpu/dense_rows.h"
#include "fusion/cpu/pooled_rows.h"
#include "fusion/dropout.h"

namespace vidqa::fusion {

/// LinearSum, MLB, MFB and MFH on the CPU: two projections, what cpu::PooledRows says, an output
/// layer. Keeps the two projections (after activation and dropout) for the backward pass, nothing
/// else; their product, the normalisation and all dropout masks are computed again.
struct PooledProjection {
  struct Block {
    torch::nn::Linear linear_x{nullptr};
    torch::nn::Linear linear_y{nullptr};
  };
  std::vector<Block> blocks;
  torch::nn::Linear linear_out{nullptr};

  cpu::PooledRows rows;
  cpu::DenseRows output;
  DropoutPlaces places;  ///< that `rows` and `output` got theirs from

  /// x (R, dx), y (R, dy) -> (R, dz), float32 or float64 on the CPU.
  static torch::Tensor apply(PooledProjection spec, const torch::Tensor& x, const torch::Tensor& y);
};

}  // namespace vidqa::fusion
