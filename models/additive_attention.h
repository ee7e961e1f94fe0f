#pragma once

#include <torch/types.h>

#include "models/ragged.h"
#include "models/sequence.h"

namespace vidqa::models {

/// Additive attention: for the query of each sequence n
///   s_t = tanh(keys_t + query_n) . vector, weights = softmax_t(s), result_n = sum_t weight_t
///   values_t.
/// keys (R, h) and values (R, d), rows of `layout`; query (N, h), vector (h) -> (N, d).
///
/// On the CPU in float32 and float64 one operation that keeps only its weights; elsewhere composed.
torch::Tensor attend_additively(const RowLayout& layout, const torch::Tensor& keys,
                                const torch::Tensor& values, const torch::Tensor& query,
                                const torch::Tensor& vector);

/// The scores s of padded sequences: keys (N, T, h) -> (N, T).
torch::Tensor additive_scores(const torch::Tensor& keys, const torch::Tensor& query,
                              const torch::Tensor& vector);

/// The attention with Torch's operators over padded sequences: keys (N, T, h), values (N, T, d).
torch::Tensor compose_additive_attention(const torch::Tensor& keys, const Sequence& values,
                                         const torch::Tensor& query, const torch::Tensor& vector);

}  // namespace vidqa::models
