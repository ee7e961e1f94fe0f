#pragma once

#include <cstdint>

#include "models/model.h"

namespace vidqa::benchmarks {

/// Scalars that training changes.
int64_t num_parameters(const models::Model& model);

/// Multiplications, each with an addition, of a forward pass over `batch`: of matrix products and
/// of Fourier transforms (n log2 n each), counted as LibTorch is asked for them. What is done
/// element by element is left out. The model is in evaluation mode afterwards.
double count_multiply_adds(models::Model& model, const models::Batch& batch);

}  // namespace vidqa::benchmarks
