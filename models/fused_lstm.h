#pragma once

#include <vector>

#include <torch/types.h>

#include "models/gate_sum.h"

namespace vidqa::models {

/// The recurrences of several LSTM layers of the same width over sequences of the same lengths on
/// the CPU, side by side: the two directions of one layer, or layers that read different streams.
/// A backward pass of its own keeps the gates, h and c.
struct FusedLstm {
  enum class Result {
    kAll,      ///< one tensor, (rows, chains hidden)
    kMaximum,  ///< over each sequence, one tensor, (sequences, chains hidden)
    kStates,   ///< h of every row (rows, hidden), by chain; then the last c, (sequences, hidden)
  };

  GateSum sum;  ///< what the gates are made of
  int64_t hidden = 0;
  Result result = Result::kAll;
  /// By chain: whether it goes from the last row to the first.
  std::vector<bool> reversed = {false, true};

  /// `inputs`: those of the sum, gates of all chains side by side; then the recurrent weights
  /// (G, hidden), arranged as the gates; then, where not all chains start from zeros, h and c
  /// (sequences, hidden) that all start from.
  static std::vector<torch::Tensor> apply(FusedLstm spec, std::vector<torch::Tensor> inputs);
};

/// Gates or weights of several chains side by side in the order of the recurrence
/// (models/cpu/lstm_steps.h): there the panels come first, the gates within, where Torch's order is
/// gates first. Dimension `dim` of each part is 4 hidden, of the result chains panels 64, units
/// that fill up being zeros.
torch::Tensor arrange_gates(const std::vector<torch::Tensor>& parts, int64_t dim);

}  // namespace vidqa::models
