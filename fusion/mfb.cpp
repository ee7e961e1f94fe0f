#include "fusion/mfb.h"

#include <torch/torch.h>

namespace vidqa::fusion {

torch::Tensor MFBImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor u = project(blocks_[0].linear_x, x);  // (..., m f)
  const torch::Tensor v = project(blocks_[0].linear_y, y);
  return output(normalized(sum_groups(drop_middle(u * v))));
}

}  // namespace vidqa::fusion
