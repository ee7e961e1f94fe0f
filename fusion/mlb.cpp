#include "fusion/mlb.h"

#include <torch/torch.h>

namespace vidqa::fusion {

torch::Tensor MLBImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor u = project(blocks_[0].linear_x, x);  // (..., m)
  const torch::Tensor v = project(blocks_[0].linear_y, y);
  return output(drop_middle(normalized(u * v)));
}

}  // namespace vidqa::fusion
