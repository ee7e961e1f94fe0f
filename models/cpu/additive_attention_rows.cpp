#include "models/cpu/additive_attention_rows.h"

#include <algorithm>

#include "models/cpu/memory_rows.h"

namespace vidqa::models::cpu {
namespace {

using fusion::cpu::hyperbolic_tangent;

template <typename T>
VIDQA_INLINE void forward(const AdditiveAttention<T>& a, T* weights, T* result) {
  for (int64_t t = 0; t < a.steps; ++t) {
    const T* const key = a.keys + t * a.key_width;
    T score = 0;
#pragma omp simd reduction(+ : score)
    for (int64_t j = 0; j < a.key_width; ++j)
      score += hyperbolic_tangent(key[j] + a.query[j]) * a.vector[j];
    weights[t] = score;
  }
  softmax(weights, a.steps);
  std::fill_n(result, a.value_width, T(0));
  for (int64_t t = 0; t < a.steps; ++t)
    add_scaled(weights[t], a.values + t * a.value_width, a.value_width, result);
}

template <typename T>
VIDQA_INLINE void backward(const AdditiveAttention<T>& a, const T* weights, const T* d_result,
                           const AdditiveAttentionGradients<T>& d, T* d_scores) {
  for (int64_t t = 0; t < a.steps; ++t) {
    d_scores[t] = dot(d_result, a.values + t * a.value_width, a.value_width);
    T* const d_value = d.values + t * a.value_width;
#pragma omp simd
    for (int64_t j = 0; j < a.value_width; ++j) d_value[j] = weights[t] * d_result[j];
  }
  softmax_backward(weights, a.steps, d_scores);
  std::fill_n(d.query, a.key_width, T(0));
  std::fill_n(d.vector, a.key_width, T(0));
  for (int64_t t = 0; t < a.steps; ++t) {
    const T* const key = a.keys + t * a.key_width;
    T* const d_key = d.keys + t * a.key_width;
    const T d_score = d_scores[t];
#pragma omp simd
    for (int64_t j = 0; j < a.key_width; ++j) {
      const T squashed = hyperbolic_tangent(key[j] + a.query[j]);
      const T gradient = d_score * a.vector[j] * (1 - squashed * squashed);
      d_key[j] = gradient;
      d.query[j] += gradient;
      d.vector[j] += d_score * squashed;
    }
  }
}

}  // namespace

VIDQA_MULTIARCH void attend_rows(const AdditiveAttention<float>& attention, float* weights,
                                 float* result) {
  forward(attention, weights, result);
}

VIDQA_MULTIARCH void attend_rows(const AdditiveAttention<double>& attention, double* weights,
                                 double* result) {
  forward(attention, weights, result);
}

VIDQA_MULTIARCH void attend_rows_backward(const AdditiveAttention<float>& attention,
                                          const float* weights, const float* d_result,
                                          const AdditiveAttentionGradients<float>& gradients,
                                          float* scratch) {
  backward(attention, weights, d_result, gradients, scratch);
}

VIDQA_MULTIARCH void attend_rows_backward(const AdditiveAttention<double>& attention,
                                          const double* weights, const double* d_result,
                                          const AdditiveAttentionGradients<double>& gradients,
                                          double* scratch) {
  backward(attention, weights, d_result, gradients, scratch);
}

}  // namespace vidqa::models::cpu
