#pragma once

#include <cstdint>

#include "fusion/cpu/activation.h"
#include "fusion/cpu/multiarch.h"
#include "fusion/cpu/vector_math.h"

namespace vidqa::fusion::cpu {

/// x[i] = activation(x[i] + bias[i])
template <typename T>
VIDQA_INLINE void activate(Activation activation, const T* bias, int64_t n, T* x) {
  const T slope = activation == Activation::kRelu ? T(0) : static_cast<T>(kLeakySlope);
  switch (activation) {
    case Activation::kRelu:
    case Activation::kLeakyRelu:
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) {
        const T value = x[i] + bias[i];
        x[i] = value > 0 ? value : value * slope;
      }
      return;
    case Activation::kSigmoid:
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) x[i] = sigmoid(x[i] + bias[i]);
      return;
    case Activation::kTanh:
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) x[i] = hyperbolic_tangent(x[i] + bias[i]);
      return;
    default:
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) x[i] = x[i] + bias[i];
  }
}

/// gradient[i] *= activation'(v) where value[i] = activation(v) / keep; `keep` undoes the scale of
/// a dropout that `value` went through. At 0 the derivative is that of the negative side.
template <typename T>
VIDQA_INLINE void multiply_derivative(Activation activation, const T* value, T keep, int64_t n,
                                      T* gradient) {
  const T slope = activation == Activation::kRelu ? T(0) : static_cast<T>(kLeakySlope);
  switch (activation) {
    case Activation::kRelu:
    case Activation::kLeakyRelu:
#pragma omp simd
      for (int64_t i = 0; i < n; ++i)
        gradient[i] = value[i] > 0 ? gradient[i] : gradient[i] * slope;
      return;
    case Activation::kSigmoid:
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) {
        const T y = value[i] * keep;
        gradient[i] *= y * (1 - y);
      }
      return;
    case Activation::kTanh:
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) {
        const T y = value[i] * keep;
        gradient[i] *= 1 - y * y;
      }
      return;
    default:
      return;
  }
}

}  // namespace vidqa::fusion::cpu
