#pragma once

#include <vector>

#include <torch/types.h>

#include "models/gate_sum.h"

namespace vidqa::models {

/// The recurrence of both directions on the CPU, with a backward pass of its own, which keeps the
/// gates, h and c.
struct FusedLstm {
  enum class Result {
    kAll,      ///< (rows, 2 hidden)
    kMaximum,  ///< over each sequence, (sequences, 2 hidden)
  };

  GateSum sum;  ///< what the gates are made of
  int64_t hidden = 0;
  Result result = Result::kAll;

  /// `inputs`: those of the sum, then the recurrent weights (G, hidden), arranged as the gates.
  static torch::Tensor apply(FusedLstm spec, std::vector<torch::Tensor> inputs);
};

}  // namespace vidqa::models
