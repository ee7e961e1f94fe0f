#pragma once

#include <cstdint>

namespace vidqa::models::cpu {

/// Products of a few rows with a matrix that stays the same from step to step: it is brought into
/// the order in which the product reads it once, which a BLAS does in every call.
inline constexpr int64_t kPanelColumns = 64;

/// Columns that a product writes: whole panels.
inline int64_t in_panels(int64_t columns) {
  return (columns + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
}

/// A matrix (depth, columns) as packed[panel][k][column], in_panels(columns) depth values.
template <typename T>
struct PackedMatrix {
  const T* values = nullptr;
  int64_t depth = 0;
  int64_t columns = 0;
};

/// A piece of a matrix in memory: element (k, j) is values[k depth_stride + j column_stride].
template <typename T>
struct Block {
  const T* values = nullptr;
  int64_t depth = 0;
  int64_t columns = 0;
  int64_t depth_stride = 0;
  int64_t column_stride = 0;
};

/// Brings a piece to its place in a packed matrix of `depth`. Where there is no piece the caller
/// has put zeros.
void pack(const Block<float>& block, int64_t first_depth, int64_t first_column, int64_t depth,
          float* packed);
void pack(const Block<double>& block, int64_t first_depth, int64_t first_column, int64_t depth,
          double* packed);

/// out[i] += a[i] matrix, for `rows` rows. Adds zeros to out[i][columns] and what follows in the
/// last panel.
void add_product(const float* const* a, const PackedMatrix<float>& matrix, int64_t rows,
                 float* const* out);
void add_product(const double* const* a, const PackedMatrix<double>& matrix, int64_t rows,
                 double* const* out);

}  // namespace vidqa::models::cpu
