#pragma once

#include <cstdint>

#include "fusion/cpu/activation.h"
#include "fusion/cpu/dropout_place.h"

namespace vidqa::fusion::cpu {

enum class Combine { kSum, kProduct };

/// What LinearSum, MLB, MFB and MFH do between their input projections and their output layer. With
/// u_b, v_b of block b the projections without bias, m f wide, and D the places of dropout:
///   u_b = D(phi(u_b + bias)), v_b likewise;
///   t_b = D(u_b * v_b * t_{b-1}), or u_b + v_b;  z_b = sums of t_b over groups of f neighbours;
///   z_b = signed_sqrt_l2(z_b) with `normalize`;  z = D([z_0; z_1]).
struct PooledRows {
  static constexpr int kMaxBlocks = 2;  // MFH has two, the others one

  int64_t pooled = 0;  ///< m
  int64_t factor = 1;  ///< f
  int num_blocks = 1;
  Combine combine = Combine::kProduct;
  bool normalize = false;
  Activation activation = Activation::kNone;  ///< phi
  struct Block {
    DropoutPlace u, v, t;
  } blocks[kMaxBlocks];
  DropoutPlace z;

  int64_t wide() const { return pooled * factor; }
};

/// Rows of one block of a pass; every pointer is at the first of them. Widths: m f, but bias.
template <typename T>
struct PooledBlock {
  T* u = nullptr;  ///< forward: W0 x in, u out; backward: u in
  T* v = nullptr;
  const T* bias_u = nullptr;  ///< (m f), forward only
  const T* bias_v = nullptr;
  T* du = nullptr;  ///< backward, out: gradient of W0 x
  T* dv = nullptr;
  T* dbias_u = nullptr;  ///< (m f), backward, added to
  T* dbias_v = nullptr;
};

/// Rows begin..end of blocks of rows whose first has the number `first_row` in the whole input.
/// z (rows, blocks m), out.
void pooled_forward(const PooledRows& spec, int64_t first_row, int64_t begin, int64_t end,
                    const PooledBlock<float>* blocks, float* z);
void pooled_forward(const PooledRows& spec, int64_t first_row, int64_t begin, int64_t end,
                    const PooledBlock<double>* blocks, double* z);

/// The same rows backward. dz (rows, blocks m): the gradient of z in, no meaning out. z out, as it
/// was in the forward pass.
void pooled_backward(const PooledRows& spec, int64_t first_row, int64_t begin, int64_t end,
                     const PooledBlock<float>* blocks, float* z, float* dz);
void pooled_backward(const PooledRows& spec, int64_t first_row, int64_t begin, int64_t end,
                     const PooledBlock<double>* blocks, double* z, double* dz);

}  // namespace vidqa::fusion::cpu
