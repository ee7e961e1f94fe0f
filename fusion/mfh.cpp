#include "fusion/mfh.h"

#include <torch/torch.h>

namespace vidqa::fusion {

torch::Tensor MFHImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  torch::Tensor u = project(blocks_[0].linear_x, x);  // (..., m f)
  torch::Tensor v = project(blocks_[0].linear_y, y);
  const torch::Tensor t1 = drop_middle(u * v);
  u = project(blocks_[1].linear_x, x);
  v = project(blocks_[1].linear_y, y);
  const torch::Tensor t2 = drop_middle(u * v * t1);
  return output(
      torch::cat({normalized(sum_groups(t1)), normalized(sum_groups(t2))}, -1));  // of (..., 2 m)
}

}  // namespace vidqa::fusion
