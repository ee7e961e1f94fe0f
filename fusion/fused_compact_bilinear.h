#pragma once

#include <memory>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/cpu/batched_fft.h"
#include "fusion/cpu/dense_rows.h"
#include "fusion/dropout.h"

namespace vidqa::fusion {

/// MCB on the CPU. Keeps the pooled vector for the backward pass and computes the spectra of the
/// sketches again. All transforms are of time, not of the output layer's weights: with rows in the
/// lanes a transform costs less than what the products in the frequency domain save.
struct FusedCompactBilinear {
  struct Sketch {
    torch::Tensor h;  ///< (n) int64
    torch::Tensor s;  ///< (n)
  };
  Sketch sketch_x;
  Sketch sketch_y;
  std::shared_ptr<const cpu::BatchedFft> fft;
  torch::nn::Linear linear_out{nullptr};
  cpu::DenseRows output;
  DropoutPlaces places;  ///< that `output` got its from

  /// x (R, dx), y (R, dy) -> (R, dz), float32 or float64 on the CPU.
  static torch::Tensor apply(FusedCompactBilinear spec, const torch::Tensor& x,
                             const torch::Tensor& y);
};

}  // namespace vidqa::fusion
