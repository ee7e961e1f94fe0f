#include "fusion/cpu/block_term_rows.h"

#include <algorithm>

#include "fusion/cpu/dropout_rows.h"
#include "fusion/cpu/multiarch.h"
#include "fusion/cpu/signed_sqrt_rows.h"

namespace vidqa::fusion::cpu {
namespace {

template <typename T>
VIDQA_INLINE void low_rank_forward_rows(const LowRankShape& shape, int64_t rows, const T* bias_a,
                                        const T* bias_b, T* a, const T* b, T* z) {
  const int64_t w = shape.width;
  for (int64_t row = 0; row < rows; ++row) {
    T* z_row = z + row * shape.stride;
    for (int64_t r = 0; r < shape.ranks; ++r) {
      T* a_r = a + (row * shape.ranks + r) * w;
      const T* b_r = b + (row * shape.ranks + r) * w;
      const T* of_a = bias_a + r * w;
      const T* of_b = bias_b + r * w;
#pragma omp simd
      for (int64_t j = 0; j < w; ++j) {
        const T value = a_r[j] + of_a[j];
        a_r[j] = value;
        z_row[j] += value * (b_r[j] + of_b[j]);
      }
    }
  }
}

template <typename T>
VIDQA_INLINE void low_rank_backward_rows(const LowRankShape& shape, int64_t rows, const T* bias_b,
                                         const T* a, const T* b, const T* dz, T* da, T* db,
                                         T* dbias_a, T* dbias_b) {
  const int64_t w = shape.width;
  for (int64_t row = 0; row < rows; ++row) {
    const T* dz_row = dz + row * shape.stride;
    for (int64_t r = 0; r < shape.ranks; ++r) {
      const int64_t place = (row * shape.ranks + r) * w;
      const T* a_r = a + place;
      const T* b_r = b + place;
      T* da_r = da + place;
      T* db_r = db + place;
      const T* of_b = bias_b + r * w;
      T* sum_a = dbias_a + r * w;
      T* sum_b = dbias_b + r * w;
#pragma omp simd
      for (int64_t j = 0; j < w; ++j) {
        const T gradient_a = dz_row[j] * (b_r[j] + of_b[j]);
        const T gradient_b = dz_row[j] * a_r[j];
        da_r[j] = gradient_a;
        db_r[j] = gradient_b;
        sum_a[j] += gradient_a;
        sum_b[j] += gradient_b;
      }
    }
  }
}

template <typename T>
VIDQA_INLINE void core_forward_rows(const CoreShape& shape, int64_t rows, const T* s, const T* u,
                                    T* z) {
  for (int64_t row = 0; row < rows; ++row) {
    const T* u_row = u + row * shape.stride;
    for (int64_t k = 0; k < shape.slices; ++k) {
      const T* slice = s + (row * shape.slices + k) * shape.width;
      T sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < shape.width; ++i) sum += slice[i] * u_row[i];
      z[row * shape.stride + k] += sum;
    }
  }
}

template <typename T>
VIDQA_INLINE void core_backward_rows(const CoreShape& shape, int64_t rows, const T* u, const T* v,
                                     T* dp_to_p, T* du, T* dv) {
  for (int64_t row = 0; row < rows; ++row) {
    const T* v_row = v + row * shape.stride;
    T* dv_row = dv + row * shape.stride;
    for (int64_t i = 0; i < shape.slices; ++i) {
      T* slice = dp_to_p + (row * shape.slices + i) * shape.width;
      const T u_i = u[row * shape.stride + i];
      T sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t j = 0; j < shape.width; ++j) {
        const T gradient = slice[j];
        sum += gradient * v_row[j];
        dv_row[j] += gradient * u_i;
        slice[j] = u_i * v_row[j];
      }
      du[row * shape.stride + i] += sum;
    }
  }
}

template <typename T>
VIDQA_INLINE void normalize_forward_rows(const NormalizedRows& spec, int64_t first_row,
                                         int64_t begin, int64_t end, const T* z, T* y) {
  for (int64_t i = begin; i < end; ++i) {
    T* y_row = y + i * spec.width;
    if (y != z) std::copy_n(z + i * spec.width, spec.width, y_row);
    T* chunk = y_row;
    for (const int64_t width : spec.chunks) {
      signed_sqrt_l2(width, chunk);
      chunk += width;
    }
    drop(spec.dropout, first_row + i, 0, spec.width, y_row);
  }
}

template <typename T>
VIDQA_INLINE void normalize_backward_rows(const NormalizedRows& spec, int64_t first_row,
                                          int64_t begin, int64_t end, const T* z, T* y,
                                          T* gradient) {
  for (int64_t i = begin; i < end; ++i) {
    T* y_row = y + i * spec.width;
    T* gradient_row = gradient + i * spec.width;
    std::copy_n(z + i * spec.width, spec.width, y_row);
    drop(spec.dropout, first_row + i, 0, spec.width, gradient_row);
    int64_t place = 0;
    for (const int64_t width : spec.chunks) {
      const T norm = signed_sqrt_l2(width, y_row + place);
      signed_sqrt_l2_backward(y_row + place, norm, width, gradient_row + place);
      place += width;
    }
    drop(spec.dropout, first_row + i, 0, spec.width, y_row);
  }
}

}  // namespace

#define VIDQA_FOR_TYPE(T)                                                                          \
  VIDQA_MULTIARCH void low_rank_forward(const LowRankShape& shape, int64_t rows, const T* bias_a,  \
                                        const T* bias_b, T* a, const T* b, T* z) {                 \
    low_rank_forward_rows(shape, rows, bias_a, bias_b, a, b, z);                                   \
  }                                                                                                \
  VIDQA_MULTIARCH void low_rank_backward(const LowRankShape& shape, int64_t rows, const T* bias_b, \
                                         const T* a, const T* b, const T* dz, T* da, T* db,        \
                                         T* dbias_a, T* dbias_b) {                                 \
    low_rank_backward_rows(shape, rows, bias_b, a, b, dz, da, db, dbias_a, dbias_b);               \
  }                                                                                                \
  VIDQA_MULTIARCH void core_forward(const CoreShape& shape, int64_t rows, const T* s, const T* u,  \
                                    T* z) {                                                        \
    core_forward_rows(shape, rows, s, u, z);                                                       \
  }                                                                                                \
  VIDQA_MULTIARCH void core_backward(const CoreShape& shape, int64_t rows, const T* u, const T* v, \
                                     T* dp_to_p, T* du, T* dv) {                                   \
    core_backward_rows(shape, rows, u, v, dp_to_p, du, dv);                                        \
  }                                                                                                \
  VIDQA_MULTIARCH void normalize_forward(const NormalizedRows& spec, int64_t first_row,            \
                                         int64_t begin, int64_t end, const T* z, T* y) {           \
    normalize_forward_rows(spec, first_row, begin, end, z, y);                                     \
  }                                                                                                \
  VIDQA_MULTIARCH void normalize_backward(const NormalizedRows& spec, int64_t first_row,           \
                                          int64_t begin, int64_t end, const T* z, T* y,            \
                                          T* gradient) {                                           \
    normalize_backward_rows(spec, first_row, begin, end, z, y, gradient);                          \
  }

VIDQA_FOR_TYPE(float)
VIDQA_FOR_TYPE(double)

}  // namespace vidqa::fusion::cpu
