#pragma once

#include <cmath>
#include <cstdint>

#include "fusion/cpu/multiarch.h"
#include "fusion/cpu/norm.h"

namespace vidqa::fusion::cpu {

/// Signed square root and L2 normalisation of one row in place (fusion/functional.h):
///   y_j = sign(z_j) sqrt(|z_j|) / n, n = max(sqrt(sum |z|), 1e-12). Returns n.
template <typename T>
VIDQA_INLINE T signed_sqrt_l2(int64_t width, T* z) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < width; ++j) sum += std::fabs(z[j]);
  const T root = std::sqrt(sum);
  const T norm = root < static_cast<T>(kMinNorm) ? static_cast<T>(kMinNorm) : root;
  const T scale = 1 / norm;
#pragma omp simd
  for (int64_t j = 0; j < width; ++j)
    z[j] = std::copysign(std::sqrt(std::fabs(z[j])) * scale, z[j]);
  return norm;
}

/// Gradient of y -> gradient of z, in place, from y and n alone:
///   dz_j = (dy_j - <y, dy> y_j) / (2 n^2 |y_j|), without <y, dy> where n was clamped, 0 at y_j =
///   0.
template <typename T>
VIDQA_INLINE void signed_sqrt_l2_backward(const T* y, T norm, int64_t width, T* gradient) {
  T along = 0;
#pragma omp simd reduction(+ : along)
  for (int64_t j = 0; j < width; ++j) along += y[j] * gradient[j];
  if (norm <= static_cast<T>(kMinNorm)) along = 0;
  const T twice_square = 2 * norm * norm;
#pragma omp simd
  for (int64_t j = 0; j < width; ++j) {
    const T dz = (gradient[j] - along * y[j]) / (twice_square * std::fabs(y[j]));
    gradient[j] = y[j] == 0 ? T(0) : dz;
  }
}

}  // namespace vidqa::fusion::cpu
