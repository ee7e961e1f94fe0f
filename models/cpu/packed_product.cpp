#include "models/cpu/packed_product.h"

#include <algorithm>

#include "fusion/cpu/multiarch.h"
#include "models/cpu/product_tiles.h"

namespace vidqa::models::cpu {
namespace {

using fusion::cpu::kLanes;
using fusion::cpu::Lanes;
using fusion::cpu::load;
using fusion::cpu::store;

constexpr int kLanesOfPanel = static_cast<int>(kPanelColumns / kLanes);

template <typename T>
VIDQA_INLINE void pack_any(const Block<T>& block, int64_t first_depth, int64_t first_column,
                           int64_t depth, T* packed) {
  // Sixteen of k at a time, so that a cache line of a transposed block is read once.
  constexpr int64_t kTogether = 16;
  for (int64_t begin = 0; begin < block.depth; begin += kTogether) {
    const int64_t end = std::min(block.depth, begin + kTogether);
    for (int64_t j = 0; j < block.columns; ++j) {
      const int64_t column = first_column + j;
      T* const to =
          packed + column / kPanelColumns * depth * kPanelColumns + column % kPanelColumns;
      const T* const from = block.values + j * block.column_stride;
      for (int64_t k = begin; k < end; ++k)
        to[(first_depth + k) * kPanelColumns] = from[k * block.depth_stride];
    }
  }
}

template <typename T, int kRows>
VIDQA_INLINE void tile(const T* const* a, const T* panel, int64_t depth, T* const* out,
                       int64_t first_column) {
  Lanes<T> sums[kRows][kLanesOfPanel];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int g = 0; g < kLanesOfPanel; ++g) load<T>(out[i] + first_column + g * kLanes, sums[i][g]);
  }
  multiply<T, kRows, kLanesOfPanel>(a, panel, depth, sums);
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int g = 0; g < kLanesOfPanel; ++g)
      store<T>(sums[i][g], out[i] + first_column + g * kLanes);
  }
}

template <typename T, int kMostRows>
VIDQA_INLINE void add_product_any(const T* const* a, const PackedMatrix<T>& matrix, int64_t rows,
                                  T* const* out) {
  for (int64_t column = 0; column < matrix.columns; column += kPanelColumns) {
    const T* const panel = matrix.values + column * matrix.depth;
    for_tiles<kMostRows>(rows, [&](int64_t begin, auto of_tile) VIDQA_INLINE_LAMBDA {
      tile<T, decltype(of_tile)::value>(a + begin, panel, matrix.depth, out + begin, column);
    });
  }
}

VIDQA_MULTIARCH void add_product_wide(const float* const* a, const PackedMatrix<float>& matrix,
                                      int64_t rows, float* const* out) {
  add_product_any<float, kWideTile>(a, matrix, rows, out);
}

VIDQA_MULTIARCH void add_product_narrow(const float* const* a, const PackedMatrix<float>& matrix,
                                        int64_t rows, float* const* out) {
  add_product_any<float, kNarrowTile>(a, matrix, rows, out);
}

}  // namespace

void pack(const Block<float>& block, int64_t first_depth, int64_t first_column, int64_t depth,
          float* packed) {
  pack_any(block, first_depth, first_column, depth, packed);
}

void pack(const Block<double>& block, int64_t first_depth, int64_t first_column, int64_t depth,
          double* packed) {
  pack_any(block, first_depth, first_column, depth, packed);
}

void add_product(const float* const* a, const PackedMatrix<float>& matrix, int64_t rows,
                 float* const* out) {
  (has_wide_registers() ? add_product_wide : add_product_narrow)(a, matrix, rows, out);
}

VIDQA_MULTIARCH void add_product(const double* const* a, const PackedMatrix<double>& matrix,
                                 int64_t rows, double* const* out) {
  add_product_any<double, kNarrowTile>(a, matrix, rows, out);
}

}  // namespace vidqa::models::cpu
