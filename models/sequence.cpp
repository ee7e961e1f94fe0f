#include "models/sequence.h"

#include <limits>

#include <torch/torch.h>

namespace vidqa::models {

torch::Tensor valid_steps(const torch::Tensor& lengths, int64_t num_steps) {
  return torch::arange(num_steps, lengths.options()).unsqueeze(0) < lengths.unsqueeze(1);
}

torch::Tensor last_step(const torch::Tensor& values, const torch::Tensor& lengths) {
  const torch::Tensor index = (lengths - 1).view({-1, 1, 1}).expand({-1, 1, values.size(2)});
  return values.gather(1, index).squeeze(1);
}

torch::Tensor masked_softmax(const torch::Tensor& scores, const torch::Tensor& valid) {
  return scores.masked_fill(valid.logical_not(), -std::numeric_limits<double>::infinity())
      .softmax(1);
}

torch::Tensor softmax_sum(const torch::Tensor& scores, const Sequence& sequence) {
  const torch::Tensor weights = masked_softmax(scores, sequence.valid);
  return torch::bmm(weights.unsqueeze(1), sequence.values).squeeze(1);
}

}  // namespace vidqa::models
