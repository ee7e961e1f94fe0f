#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace vidqa::models {

/// Where sequences of different lengths lie that are stored one after another, without padding:
/// sequence n in the rows offset(n) ... offset(n) + length(n) - 1 of a tensor (R, D).
class RowLayout {
 public:
  RowLayout() = default;
  /// Throws c10::Error when a length is below 1.
  explicit RowLayout(std::vector<int64_t> lengths);
  /// lengths (N) or (B, A) int64.
  explicit RowLayout(const torch::Tensor& lengths);

  int64_t sequences() const { return static_cast<int64_t>(lengths_.size()); }
  int64_t rows() const { return offsets_.back(); }
  int64_t length(int64_t n) const { return lengths_[static_cast<size_t>(n)]; }
  int64_t offset(int64_t n) const { return offsets_[static_cast<size_t>(n)]; }
  int64_t longest() const;
  const std::vector<int64_t>& lengths() const { return lengths_; }

  /// Rows of sequence n.
  torch::Tensor of(const torch::Tensor& rows, int64_t n) const {
    return rows.narrow(0, offset(n), length(n));
  }

  /// (N, T, ...) padded on the right, T >= every length -> (R, ...). A view where nothing is
  /// padded.
  torch::Tensor unpad(const torch::Tensor& padded) const;
  /// (R, ...) -> (N, longest(), ...), padded with zeros. A view where nothing is padded.
  torch::Tensor pad(const torch::Tensor& rows) const { return pad(rows, longest()); }
  /// (R, ...) -> (N, num_steps, ...), num_steps >= every length.
  torch::Tensor pad(const torch::Tensor& rows, int64_t num_steps) const;
  /// (N, longest()) bool: true where a step belongs to its sequence.
  torch::Tensor valid(torch::Device device) const;

  /// The first or the last row of every sequence: (R, D) -> (N, D).
  torch::Tensor first(const torch::Tensor& rows) const;
  torch::Tensor last(const torch::Tensor& rows) const;
  /// For each row the one before it in its sequence, for the first that of `start` (N, D), or zeros
  /// if undefined: (R, D) -> (R, D), contiguous. Not differentiable. `reverse`: from the last row
  /// to the first.
  torch::Tensor before(const torch::Tensor& rows, const torch::Tensor& start = {},
                       bool reverse = false) const;

  /// Every sequence `times` over, in a row: what each of a question's answers sees.
  RowLayout repeated(int64_t times) const;
  /// (R, ...) -> (R times, ...), rows of repeated(times).
  torch::Tensor repeat(const torch::Tensor& rows, int64_t times) const;

 private:
  /// Rows of (N, num_steps) that are no padding, (R) int64.
  torch::Tensor places(int64_t num_steps) const;

  std::vector<int64_t> lengths_;
  std::vector<int64_t> offsets_ = {0};  ///< (N + 1)
};

/// Sequences of a batch after one another.
struct RaggedSequence {
  torch::Tensor rows;  ///< (R, D)
  RowLayout layout;
};

/// The layout of `parts` after one another.
RowLayout joined(const std::vector<RowLayout>& parts);

}  // namespace vidqa::models
