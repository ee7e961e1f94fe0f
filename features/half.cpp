#include "features/half.h"

#include <torch/torch.h>

namespace vidqa::features {

torch::Tensor to_half(const torch::Tensor& values, const std::string& who) {
  const torch::Tensor rounded = values.to(torch::kFloat16);
  const torch::Tensor overflows = rounded.isinf() & ~values.isinf();
  if (const int64_t count = overflows.sum().item<int64_t>(); count > 0)
    TORCH_CHECK(false, who, ": ", count, " of ", values.numel(),
                " values are too large for float16, the largest ",
                values.masked_select(overflows).abs().max().item<double>(),
                " (at most 65504); store float32");
  return rounded;
}

}  // namespace vidqa::features
