#pragma once

#include <cstdint>

#include "fusion/cpu/activation.h"
#include "fusion/cpu/dropout_place.h"

namespace vidqa::fusion::cpu {

/// What follows the matrix product of a linear layer: y = D(phi(x W + bias)).
struct DenseRows {
  int64_t width = 0;
  Activation activation = Activation::kNone;  ///< phi
  DropoutPlace dropout;                       ///< D
};

/// Rows begin..end of `x` (rows, width), in place; the first row of x has the number `first_row` in
/// the whole input.
void dense_forward(const DenseRows& spec, int64_t first_row, int64_t begin, int64_t end,
                   const float* bias, float* x);
void dense_forward(const DenseRows& spec, int64_t first_row, int64_t begin, int64_t end,
                   const double* bias, double* x);

/// dx = gradient of x W + bias, from y and its gradient dy; dx may be dy. dbias (width) is added
/// to.
void dense_backward(const DenseRows& spec, int64_t first_row, int64_t begin, int64_t end,
                    const float* y, const float* dy, float* dx, float* dbias);
void dense_backward(const DenseRows& spec, int64_t first_row, int64_t begin, int64_t end,
                    const double* y, const double* dy, double* dx, double* dbias);

}  // namespace vidqa::fusion::cpu
