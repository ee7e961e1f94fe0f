#pragma once

#include <algorithm>
#include <cstdint>

#include <ATen/Parallel.h>
#include <torch/types.h>

namespace vidqa::fusion {

/// How the CPU operators go through the rows of a batch. Three levels:
///
///   stretch -- rows whose intermediates are in memory at the same time. The gradients of weights,
///     sums over rows, are one matrix product a stretch.
///   part -- what a thread does of a stretch. A thread computes the matrix products of its rows by
///     itself, which scales better than sharing each product.
///   block -- rows of a part that a thread takes through all steps before the next ones, so that
///     what one step leaves is still in its cache.
///
/// Few rows are one block, and all threads share its products instead.

/// Rows that a stretch has at most. `width`: values of the intermediates a row; `blocks`: so many
/// blocks of it are at work at once.
int64_t rows_per_stretch(int64_t rows, int64_t width, int64_t blocks = at::get_num_threads());

/// body(first row, number of rows) for one stretch of at most `most` rows after another.
template <typename Body>
void for_stretches(int64_t rows, int64_t most, Body body);

/// body(begin, end) for the blocks of a stretch of `rows` rows, on all threads where the caller is
/// not one of several already: then on the caller, which keeps its number (at::parallel_for would
/// call it 0). Gradients are not recorded within.
template <typename Body>
void for_blocks(int64_t rows, Body body);

/// body(begin, end) for parts of 0..rows, on all threads where the caller is not one of several
/// already. `width`: values a row, which decides from how many rows on a second thread pays.
template <typename Body>
void for_rows(int64_t rows, int64_t width, Body body);

/// While one lives, products that a thread asks for are computed in that thread: an OpenBLAS with
/// threads of its own (Debian's libopenblas0-pthread) would share them out, one at a time. Others
/// see by themselves that they are called from a parallel region.
class SerialBlas {
 public:
  SerialBlas();
  ~SerialBlas();
  SerialBlas(const SerialBlas&) = delete;
  SerialBlas& operator=(const SerialBlas&) = delete;
};

/// Sums over rows, such as the gradient of a bias: a partial sum for each thread, and one for each
/// stretch, so that the sum of many rows does not lose digits. The result depends on the number of
/// threads, not on their timing.
class ColumnSums {
 public:
  ColumnSums(int64_t width, torch::TensorOptions options);

  /// Where the calling thread adds, (width).
  template <typename T>
  T* of_thread() {
    return partial_.data_ptr<T>() + at::get_thread_num() * partial_.size(1);
  }
  void end_stretch();
  /// (width)
  const torch::Tensor& total() const { return total_; }

 private:
  torch::Tensor partial_;  ///< (threads, width)
  torch::Tensor total_;
};

/// Rows begin..end.
inline torch::Tensor rows_of(const torch::Tensor& tensor, int64_t begin, int64_t end) {
  return tensor.narrow(0, begin, end - begin);
}

/// The first values of a buffer as (n, width).
inline torch::Tensor rows_in(const torch::Tensor& buffer, int64_t n, int64_t width) {
  return buffer.view(-1).narrow(0, 0, n * width).view({n, width});
}

// Implementation.

namespace row_blocks {

/// From so many rows for each thread on, threads take rows of their own.
inline constexpr int64_t kFewestOfThread = 64;
/// Rows of a block: enough that packing the weights for its products costs little.
inline constexpr int64_t kOfBlock = 400;

}  // namespace row_blocks

template <typename Body>
void for_stretches(int64_t rows, int64_t most, Body body) {
  for (int64_t first = 0; first < rows; first += most) body(first, std::min(most, rows - first));
}

template <typename Body>
void for_blocks(int64_t rows, Body body) {
  if (rows == 0) return;
  const int64_t threads = at::get_num_threads();
  if (threads == 1 || at::in_parallel_region() || rows < threads * row_blocks::kFewestOfThread) {
    const int64_t blocks = (rows + row_blocks::kOfBlock - 1) / row_blocks::kOfBlock;
    const int64_t most = (rows + blocks - 1) / blocks;
    for (int64_t begin = 0; begin < rows; begin += most) body(begin, std::min(rows, begin + most));
    return;
  }
  const SerialBlas serial;
  at::parallel_for(0, rows, row_blocks::kFewestOfThread, [&](int64_t first, int64_t last) {
    const torch::NoGradGuard no_grad;
    const int64_t blocks = (last - first + row_blocks::kOfBlock - 1) / row_blocks::kOfBlock;
    const int64_t most = (last - first + blocks - 1) / blocks;
    for (int64_t begin = first; begin < last; begin += most)
      body(begin, std::min(last, begin + most));
  });
}

template <typename Body>
void for_rows(int64_t rows, int64_t width, Body body) {
  constexpr int64_t kValuesPerThread = 1 << 15;
  if (at::in_parallel_region()) {
    body(int64_t{0}, rows);
  } else {
    at::parallel_for(0, rows, std::max<int64_t>(1, kValuesPerThread / std::max<int64_t>(1, width)),
                     body);
  }
}

}  // namespace vidqa::fusion
