#pragma once

#include <torch/types.h>

namespace vidqa::models {

/// Sequences of a batch, padded on the right. What stands in the padding has no meaning, but is
/// finite.
struct Sequence {
  torch::Tensor values;  ///< (N, T, D)
  torch::Tensor valid;   ///< (N, T) bool: true where a step belongs to its sequence
};

/// lengths (N) int64, each in 1..T -> (N, T) bool, as in Sequence.
torch::Tensor valid_steps(const torch::Tensor& lengths, int64_t num_steps);

/// Row `lengths[n] - 1` of every sequence: (N, T, D) -> (N, D).
torch::Tensor last_step(const torch::Tensor& values, const torch::Tensor& lengths);

/// Softmax over the valid steps of scores (N, T) -> (N, T); 0 at the others.
torch::Tensor masked_softmax(const torch::Tensor& scores, const torch::Tensor& valid);

/// Sum of the valid steps, weighted with the softmax of their scores (N, T) -> (N, D).
torch::Tensor softmax_sum(const torch::Tensor& scores, const Sequence& sequence);

}  // namespace vidqa::models
