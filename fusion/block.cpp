#include "fusion/block.h"

#include <utility>
#include <vector>

#include <torch/torch.h>

namespace vidqa::fusion {

torch::Tensor BlockImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const std::vector<torch::Tensor> u = project_x(x);  // (..., w) of each chunk
  const std::vector<torch::Tensor> v = project_y(y);
  std::vector<torch::Tensor> z;
  for (size_t c = 0; c < u.size(); ++c) z.push_back(low_rank_product(c, u[c], v[c]));
  return output(std::move(z));
}

}  // namespace vidqa::fusion
