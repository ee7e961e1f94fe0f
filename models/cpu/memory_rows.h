#pragma once

#include <cstdint>
#include <vector>

#include "fusion/cpu/multiarch.h"
#include "fusion/cpu/vector_math.h"

namespace vidqa::models::cpu {

/// Where the rows of all sequences of one step are, each at a column of its own choice.
template <typename T>
class Pointers {
 public:
  explicit Pointers(int64_t count) : at_(static_cast<size_t>(count)) {}
  T** data() { return at_.data(); }
  T*& operator[](int64_t i) { return at_[static_cast<size_t>(i)]; }

 private:
  std::vector<T*> at_;
};

// Pieces of a memory's step, on one row.

template <typename T>
VIDQA_INLINE void relu(T* x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) x[i] = x[i] > 0 ? x[i] : T(0);
}

/// dx from the gradient of y = relu(x), in place.
template <typename T>
VIDQA_INLINE void relu_backward(const T* y, int64_t n, T* dx) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) dx[i] = y[i] > 0 ? dx[i] : T(0);
}

template <typename T>
VIDQA_INLINE void softmax(T* x, int64_t n) {
  T most = x[0];
#pragma omp simd reduction(max : most)
  for (int64_t i = 0; i < n; ++i) most = x[i] > most ? x[i] : most;
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) {
    x[i] = fusion::cpu::exponential(x[i] - most);
    sum += x[i];
  }
  const T scale = 1 / sum;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) x[i] *= scale;
}

template <typename T>
VIDQA_INLINE T dot(const T* a, const T* b, int64_t n) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// dx from the gradient of y = softmax(x), in place.
template <typename T>
VIDQA_INLINE void softmax_backward(const T* y, int64_t n, T* dx) {
  const T mean = dot(y, dx, n);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) dx[i] = y[i] * (dx[i] - mean);
}

/// y += factor x
template <typename T>
VIDQA_INLINE void add_scaled(T factor, const T* x, int64_t n, T* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

}  // namespace vidqa::models::cpu
