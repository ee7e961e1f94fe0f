#include "fusion/tucker.h"

#include <torch/torch.h>

namespace vidqa::fusion {

torch::Tensor TuckerImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor u = project_x(x)[0];  // (..., m): one chunk
  const torch::Tensor v = project_y(y)[0];
  return output({core_product(0, u, v)});
}

}  // namespace vidqa::fusion
