#pragma once

#include <cstdint>

#include <torch/types.h>

#include "models/cpu/packed_product.h"

namespace vidqa::models {

/// Owns a matrix for cpu::add_product, put together from pieces.
class PackedMatrix {
 public:
  PackedMatrix(int64_t depth, int64_t columns, torch::TensorOptions options);

  /// Copies `block` (K, J), of any strides, to rows first_depth ... and columns first_column ...
  PackedMatrix& put(const torch::Tensor& block, int64_t first_depth, int64_t first_column);

  template <typename T>
  cpu::PackedMatrix<T> get() const {
    return {values_.data_ptr<T>(), depth_, columns_};
  }

 private:
  int64_t depth_;
  int64_t columns_;
  torch::Tensor values_;
};

}  // namespace vidqa::models
