#pragma once

#include <cstdint>

namespace vidqa::models::cpu {

/// Additive attention of one query over the rows of its sequence:
///   s_t = tanh(key_t + query) . vector, w = softmax(s), result = sum over t of w_t value_t.
template <typename T>
struct AdditiveAttention {
  int64_t steps = 0;
  int64_t key_width = 0;
  int64_t value_width = 0;
  const T* keys = nullptr;    ///< (steps, key_width)
  const T* values = nullptr;  ///< (steps, value_width)
  const T* query = nullptr;   ///< (key_width)
  const T* vector = nullptr;  ///< (key_width)
};

/// weights (steps) and result (value_width) out.
void attend_rows(const AdditiveAttention<float>& attention, float* weights, float* result);
void attend_rows(const AdditiveAttention<double>& attention, double* weights, double* result);

/// Gradients, each of the shape of what it belongs to; those of the rows are written, of query and
/// vector too.
template <typename T>
struct AdditiveAttentionGradients {
  T* keys = nullptr;
  T* values = nullptr;
  T* query = nullptr;
  T* vector = nullptr;
};

/// From the gradient of the result, with the weights that attend_rows() gave; `scratch`: steps.
void attend_rows_backward(const AdditiveAttention<float>& attention, const float* weights,
                          const float* d_result, const AdditiveAttentionGradients<float>& gradients,
                          float* scratch);
void attend_rows_backward(const AdditiveAttention<double>& attention, const double* weights,
                          const double* d_result,
                          const AdditiveAttentionGradients<double>& gradients, double* scratch);

}  // namespace vidqa::models::cpu
