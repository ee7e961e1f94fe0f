#pragma once

#include <cstdint>

#include <torch/types.h>

namespace vidqa::fusion {

/// What becomes of the values that a product finds in its place.
enum class Into { kOverwrite, kAdd };

/// Of a sum of products over stretches or parts: the one at place 0 is written, the others added.
inline Into into_sum(int64_t place) { return place == 0 ? Into::kOverwrite : Into::kAdd; }

/// out (m, n) = a (m, k) b (k, n), or out += a b. On the CPU; no gradient is recorded. a and b:
/// rows or columns contiguous, as of a slice or a transposed view; out: rows contiguous.
///
/// Products with a short side, as those of chunks are (k or n = 75), go to oneDNN where the program
/// is built with it: its kernels take a quarter to a third less time there than OpenBLAS, whose
/// packing they do without. All others are Torch's.
void multiply(const torch::Tensor& a, const torch::Tensor& b, Into into, torch::Tensor out);

}  // namespace vidqa::fusion
