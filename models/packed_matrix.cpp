#include "models/packed_matrix.h"

#include <torch/torch.h>

namespace vidqa::models {

PackedMatrix::PackedMatrix(int64_t depth, int64_t columns, torch::TensorOptions options)
    : depth_(depth),
      columns_(columns),
      values_(torch::zeros({cpu::in_panels(columns) * depth}, options)) {}

PackedMatrix& PackedMatrix::put(const torch::Tensor& block, int64_t first_depth,
                                int64_t first_column) {
  TORCH_CHECK(first_depth + block.size(0) <= depth_ && first_column + block.size(1) <= columns_,
              "PackedMatrix: no room for ", block.sizes(), " at ", first_depth, ", ", first_column,
              " of ", depth_, " x ", columns_);
  AT_DISPATCH_FLOATING_TYPES(values_.scalar_type(), "PackedMatrix", [&] {
    const cpu::Block<scalar_t> piece = {block.data_ptr<scalar_t>(), block.size(0), block.size(1),
                                        block.stride(0), block.stride(1)};
    cpu::pack(piece, first_depth, first_column, depth_, values_.data_ptr<scalar_t>());
  });
  return *this;
}

}  // namespace vidqa::models
