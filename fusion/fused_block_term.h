#pragma once

#include <vector>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/block_term_cores.h"
#include "fusion/cpu/block_term_rows.h"
#include "fusion/cpu/dense_rows.h"
#include "fusion/dropout.h"

namespace vidqa::fusion {

/// Mutan, Tucker, Block and BlockTucker on the CPU: two projections u and v in chunks, a core for
/// each chunk (block_term_cores.h), normalisation, an output layer. Tucker's core is streamed from
/// memory once a block of rows.
///
/// Keeps z for the backward pass, and with cores of low rank u, v and some of their products. What
/// is not kept is computed again.
struct FusedBlockTerm {
  /// Of one chunk. Low rank: the weights (rank w, w) and biases (rank w) of the two linear layers.
  /// Full: weight (w, w, w) and bias (w) alone.
  struct Core {
    torch::Tensor weight_u;
    torch::Tensor bias_u;
    torch::Tensor weight_v;
    torch::Tensor bias_v;
  };

  std::vector<BlockTermChunk> chunks;
  std::vector<Core> cores;
  int64_t rank = 0;  ///< 0: full cores

  /// Empty where u is x and v is y.
  torch::nn::Linear linear_x{nullptr};
  torch::nn::Linear linear_y{nullptr};
  cpu::DenseRows u;  ///< what follows the projections
  cpu::DenseRows v;
  cpu::NormalizedRows z;
  torch::nn::Linear linear_out{nullptr};
  cpu::DenseRows output;
  DropoutPlaces places;  ///< that all of these got theirs from

  /// x (R, dx), y (R, dy) -> (R, dz), float32 or float64 on the CPU.
  static torch::Tensor apply(FusedBlockTerm spec, const torch::Tensor& x, const torch::Tensor& y);
};

}  // namespace vidqa::fusion
