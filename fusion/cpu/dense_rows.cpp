#include "fusion/cpu/dense_rows.h"

#include <algorithm>

#include "fusion/cpu/activation_rows.h"
#include "fusion/cpu/dropout_rows.h"
#include "fusion/cpu/multiarch.h"

namespace vidqa::fusion::cpu {
namespace {

/// Columns that are worked on together; a multiple of kDropoutRun.
constexpr int64_t kTile = 8 * kDropoutRun;

template <typename T>
VIDQA_INLINE void forward_rows(const DenseRows& spec, int64_t first_row, int64_t begin, int64_t end,
                               const T* bias, T* x) {
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t column = 0; column < spec.width; column += kTile) {
      const int64_t n = std::min(kTile, spec.width - column);
      T* tile = x + i * spec.width + column;
      activate(spec.activation, bias + column, n, tile);
      drop(spec.dropout, first_row + i, column, n, tile);
    }
  }
}

template <typename T>
VIDQA_INLINE void backward_rows(const DenseRows& spec, int64_t first_row, int64_t begin,
                                int64_t end, const T* y, const T* dy, T* dx, T* dbias) {
  const T keep = static_cast<T>(spec.dropout.keep());
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t column = 0; column < spec.width; column += kTile) {
      const int64_t n = std::min(kTile, spec.width - column);
      const int64_t offset = i * spec.width + column;
      T* gradient = dx + offset;
      if (dx != dy) std::copy_n(dy + offset, n, gradient);
      drop(spec.dropout, first_row + i, column, n, gradient);
      multiply_derivative(spec.activation, y + offset, keep, n, gradient);
      T* sum = dbias + column;
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) sum[j] += gradient[j];
    }
  }
}

}  // namespace

VIDQA_MULTIARCH void dense_forward(const DenseRows& spec, int64_t first_row, int64_t begin,
                                   int64_t end, const float* bias, float* x) {
  forward_rows(spec, first_row, begin, end, bias, x);
}

VIDQA_MULTIARCH void dense_forward(const DenseRows& spec, int64_t first_row, int64_t begin,
                                   int64_t end, const double* bias, double* x) {
  forward_rows(spec, first_row, begin, end, bias, x);
}

VIDQA_MULTIARCH void dense_backward(const DenseRows& spec, int64_t first_row, int64_t begin,
                                    int64_t end, const float* y, const float* dy, float* dx,
                                    float* dbias) {
  backward_rows(spec, first_row, begin, end, y, dy, dx, dbias);
}

VIDQA_MULTIARCH void dense_backward(const DenseRows& spec, int64_t first_row, int64_t begin,
                                    int64_t end, const double* y, const double* dy, double* dx,
                                    double* dbias) {
  backward_rows(spec, first_row, begin, end, y, dy, dx, dbias);
}

}  // namespace vidqa::fusion::cpu
