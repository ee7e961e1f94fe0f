#pragma once

#include <cstdint>
#include <vector>

#include "fusion/cpu/dropout_place.h"

namespace vidqa::fusion::cpu {

/// The pieces of Mutan, Tucker, Block and BlockTucker around their matrix products. A row of u, v
/// or z has chunks of width w side by side; pointers are at the chunk of the first row, `stride`
/// values before that of the next.

/// z_j += sum over r < ranks of a_{r w + j} b_{r w + j}, of a and b (rows, ranks w) with their
/// biases (ranks w), the one of a added in place.
struct LowRankShape {
  int64_t ranks = 0;
  int64_t width = 0;   ///< w
  int64_t stride = 0;  ///< of z
};
void low_rank_forward(const LowRankShape& shape, int64_t rows, const float* bias_a,
                      const float* bias_b, float* a, const float* b, float* z);
void low_rank_forward(const LowRankShape& shape, int64_t rows, const double* bias_a,
                      const double* bias_b, double* a, const double* b, double* z);

/// a with its bias, b without; da may be b. Both sums of gradients are added to.
void low_rank_backward(const LowRankShape& shape, int64_t rows, const float* bias_b, const float* a,
                       const float* b, const float* dz, float* da, float* db, float* dbias_a,
                       float* dbias_b);
void low_rank_backward(const LowRankShape& shape, int64_t rows, const double* bias_b,
                       const double* a, const double* b, const double* dz, double* da, double* db,
                       double* dbias_a, double* dbias_b);

/// z_k += sum over i of s_{k w + i} u_i, with s (rows, slices w) the products of v and slices of
/// the core.
struct CoreShape {
  int64_t slices = 0;
  int64_t width = 0;   ///< w
  int64_t stride = 0;  ///< of u, v, z and their gradients
};
void core_forward(const CoreShape& shape, int64_t rows, const float* s, const float* u, float* z);
void core_forward(const CoreShape& shape, int64_t rows, const double* s, const double* u,
                  double* z);

/// Of the outer product p_{i w + j} = u_i v_j, i < slices: du_i += sum over j of dp_{i w + j} v_j,
/// dv_j += sum over i of dp_{i w + j} u_i; dp_to_p: its gradient in, itself out.
void core_backward(const CoreShape& shape, int64_t rows, const float* u, const float* v,
                   float* dp_to_p, float* du, float* dv);
void core_backward(const CoreShape& shape, int64_t rows, const double* u, const double* v,
                   double* dp_to_p, double* du, double* dv);

/// What follows the pooling: z = D(SN(z)), each chunk normalised by itself.
struct NormalizedRows {
  std::vector<int64_t> chunks;  ///< widths of what is normalised; empty: nothing is
  int64_t width = 0;            ///< of a row
  DropoutPlace dropout;
};
/// z (rows, width) -> y, which may be z.
void normalize_forward(const NormalizedRows& spec, int64_t first_row, int64_t begin, int64_t end,
                       const float* z, float* y);
void normalize_forward(const NormalizedRows& spec, int64_t first_row, int64_t begin, int64_t end,
                       const double* z, double* y);
/// Gradient of y -> gradient of z in place; y out, as it was in the forward pass.
void normalize_backward(const NormalizedRows& spec, int64_t first_row, int64_t begin, int64_t end,
                        const float* z, float* y, float* gradient);
void normalize_backward(const NormalizedRows& spec, int64_t first_row, int64_t begin, int64_t end,
                        const double* z, double* y, double* gradient);

}  // namespace vidqa::fusion::cpu
