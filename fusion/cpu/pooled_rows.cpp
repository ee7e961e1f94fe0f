#include "fusion/cpu/pooled_rows.h"

#include <algorithm>
#include <vector>

#include "fusion/cpu/activation_rows.h"
#include "fusion/cpu/dropout_rows.h"
#include "fusion/cpu/multiarch.h"
#include "fusion/cpu/signed_sqrt_rows.h"

namespace vidqa::fusion::cpu {
namespace {

/// Pooled features that are worked on together, so that all they need stays in the first cache. A
/// multiple of kDropoutRun, so that runs of dropout start there in each of the wide vectors too.
constexpr int64_t kTile = 2 * kDropoutRun;

/// z_j = sum over k < factor of t_{j factor + k}
template <typename T>
VIDQA_INLINE void sum_groups(const T* t, int64_t pooled, int64_t factor, T* z) {
  if (factor == 1) {
    std::copy_n(t, pooled, z);
  } else if (factor == 2) {
#pragma omp simd
    for (int64_t j = 0; j < pooled; ++j) z[j] = t[2 * j] + t[2 * j + 1];
  } else {
    for (int64_t j = 0; j < pooled; ++j) {
      T sum = 0;
      for (int64_t k = 0; k < factor; ++k) sum += t[j * factor + k];
      z[j] = sum;
    }
  }
}

/// t_{j factor + k} = z_j
template <typename T>
VIDQA_INLINE void repeat_groups(const T* z, int64_t pooled, int64_t factor, T* t) {
  if (factor == 1) {
    std::copy_n(z, pooled, t);
  } else if (factor == 2) {
#pragma omp simd
    for (int64_t i = 0; i < 2 * pooled; ++i) t[i] = z[i / 2];
  } else {
    for (int64_t j = 0; j < pooled; ++j) std::fill_n(t + j * factor, factor, z[j]);
  }
}

/// One row of one tile: the pooled features [begin, begin + pooled) and the columns that they come
/// from.
struct Tile {
  int64_t begin;
  int64_t pooled;
  int64_t column;  ///< begin * factor
  int64_t columns;
};

Tile tile_at(const PooledRows& spec, int64_t begin) {
  const int64_t pooled = std::min(kTile, spec.pooled - begin);
  return {begin, pooled, begin * spec.factor, pooled * spec.factor};
}

/// t_b of a tile, from u_b, v_b and, behind the first block, t_{b-1}; without its dropout.
template <typename T>
VIDQA_INLINE void combine(Combine how, const T* u, const T* v, const T* previous, int64_t n, T* t) {
  if (how == Combine::kSum) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) t[i] = u[i] + v[i];
  } else if (previous == nullptr) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) t[i] = u[i] * v[i];
  } else {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) t[i] = u[i] * v[i] * previous[i];
  }
}

template <typename T>
VIDQA_INLINE void forward_rows(const PooledRows& spec, int64_t first_row, int64_t begin,
                               int64_t end, const PooledBlock<T>* blocks, T* z) {
  const int64_t wide = spec.wide();
  const int64_t m = spec.pooled;
  std::vector<T> products(static_cast<size_t>(2 * kTile * spec.factor));
  for (int64_t i = begin; i < end; ++i) {
    const int64_t row = first_row + i;
    T* z_row = z + i * spec.num_blocks * m;
    for (int64_t start = 0; start < m; start += kTile) {
      const Tile tile = tile_at(spec, start);
      const T* previous = nullptr;
      for (int b = 0; b < spec.num_blocks; ++b) {
        const PooledRows::Block& places = spec.blocks[b];
        T* u = blocks[b].u + i * wide + tile.column;
        T* v = blocks[b].v + i * wide + tile.column;
        activate(spec.activation, blocks[b].bias_u + tile.column, tile.columns, u);
        drop(places.u, row, tile.column, tile.columns, u);
        activate(spec.activation, blocks[b].bias_v + tile.column, tile.columns, v);
        drop(places.v, row, tile.column, tile.columns, v);
        T* t = products.data() + b * kTile * spec.factor;
        combine(spec.combine, u, v, previous, tile.columns, t);
        drop(places.t, row, tile.column, tile.columns, t);
        sum_groups(t, tile.pooled, spec.factor, z_row + b * m + tile.begin);
        previous = t;
      }
    }
    if (spec.normalize) {
      for (int b = 0; b < spec.num_blocks; ++b) signed_sqrt_l2(m, z_row + b * m);
    }
    drop(spec.z, row, 0, spec.num_blocks * m, z_row);
  }
}

template <typename T>
VIDQA_INLINE void add_to(const T* values, int64_t n, T* sum) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) sum[i] += values[i];
}

template <typename T>
VIDQA_INLINE void backward_rows(const PooledRows& spec, int64_t first_row, int64_t begin,
                                int64_t end, const PooledBlock<T>* blocks, T* z, T* dz) {
  const int64_t wide = spec.wide();
  const int64_t m = spec.pooled;
  const T keep_u = static_cast<T>(spec.blocks[0].u.keep());
  // Of one row: t_b after its dropout, and the multipliers of that dropout.
  std::vector<T> products(static_cast<size_t>(spec.num_blocks * wide));
  std::vector<T> multipliers(static_cast<size_t>(spec.num_blocks * wide));
  std::vector<T> buffers(static_cast<size_t>(2 * kTile * spec.factor));
  T* const dt = buffers.data();
  T* const carried = dt + kTile * spec.factor;  // gradient of t_{b-1} through t_b
  for (int64_t i = begin; i < end; ++i) {
    const int64_t row = first_row + i;
    T* const z_row = z + i * spec.num_blocks * m;
    T* const dz_row = dz + i * spec.num_blocks * m;
    for (int b = 0; b < spec.num_blocks; ++b) {
      T* t = products.data() + b * wide;
      combine(spec.combine, blocks[b].u + i * wide, blocks[b].v + i * wide,
              b > 0 ? t - wide : nullptr, wide, t);
      if (spec.blocks[b].t.active()) {
        T* mask = multipliers.data() + b * wide;
        dropout_multipliers(spec.blocks[b].t, row, 0, wide, mask);
#pragma omp simd
        for (int64_t j = 0; j < wide; ++j) t[j] *= mask[j];
      }
      sum_groups(t, m, spec.factor, z_row + b * m);
    }
    drop(spec.z, row, 0, spec.num_blocks * m, dz_row);
    if (spec.normalize) {
      for (int b = 0; b < spec.num_blocks; ++b) {
        const T norm = signed_sqrt_l2(m, z_row + b * m);
        signed_sqrt_l2_backward(z_row + b * m, norm, m, dz_row + b * m);
      }
    }
    drop(spec.z, row, 0, spec.num_blocks * m, z_row);

    for (int64_t start = 0; start < m; start += kTile) {
      const Tile tile = tile_at(spec, start);
      const int64_t n = tile.columns;
      for (int b = spec.num_blocks - 1; b >= 0; --b) {
        const PooledRows::Block& places = spec.blocks[b];
        const PooledBlock<T>& block = blocks[b];
        const T* u = block.u + i * wide + tile.column;
        const T* v = block.v + i * wide + tile.column;
        T* du = block.du + i * wide + tile.column;
        T* dv = block.dv + i * wide + tile.column;
        repeat_groups(dz_row + b * m + tile.begin, tile.pooled, spec.factor, dt);
        if (b + 1 < spec.num_blocks) add_to(carried, n, dt);
        if (places.t.active()) {
          const T* mask = multipliers.data() + b * wide + tile.column;
#pragma omp simd
          for (int64_t j = 0; j < n; ++j) dt[j] *= mask[j];
        }
        if (spec.combine == Combine::kSum) {
          std::copy_n(dt, n, du);
          std::copy_n(dt, n, dv);
        } else {
          if (b > 0) {
            const T* previous = products.data() + (b - 1) * wide + tile.column;
#pragma omp simd
            for (int64_t j = 0; j < n; ++j) {
              carried[j] = dt[j] * u[j] * v[j];
              dt[j] *= previous[j];
            }
          }
#pragma omp simd
          for (int64_t j = 0; j < n; ++j) {
            du[j] = dt[j] * v[j];
            dv[j] = dt[j] * u[j];
          }
        }
        drop(places.u, row, tile.column, n, du);
        multiply_derivative(spec.activation, u, keep_u, n, du);
        add_to(du, n, block.dbias_u + tile.column);
        drop(places.v, row, tile.column, n, dv);
        multiply_derivative(spec.activation, v, keep_u, n, dv);
        add_to(dv, n, block.dbias_v + tile.column);
      }
    }
  }
}

}  // namespace

VIDQA_MULTIARCH void pooled_forward(const PooledRows& spec, int64_t first_row, int64_t begin,
                                    int64_t end, const PooledBlock<float>* blocks, float* z) {
  forward_rows(spec, first_row, begin, end, blocks, z);
}

VIDQA_MULTIARCH void pooled_forward(const PooledRows& spec, int64_t first_row, int64_t begin,
                                    int64_t end, const PooledBlock<double>* blocks, double* z) {
  forward_rows(spec, first_row, begin, end, blocks, z);
}

VIDQA_MULTIARCH void pooled_backward(const PooledRows& spec, int64_t first_row, int64_t begin,
                                     int64_t end, const PooledBlock<float>* blocks, float* z,
                                     float* dz) {
  backward_rows(spec, first_row, begin, end, blocks, z, dz);
}

VIDQA_MULTIARCH void pooled_backward(const PooledRows& spec, int64_t first_row, int64_t begin,
                                     int64_t end, const PooledBlock<double>* blocks, double* z,
                                     double* dz) {
  backward_rows(spec, first_row, begin, end, blocks, z, dz);
}

}  // namespace vidqa::fusion::cpu
