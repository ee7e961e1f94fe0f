#pragma once

#include <vector>

#include <torch/types.h>

#include "models/ragged.h"

namespace vidqa::models {

/// The memories of HME (models/memory.h) on the CPU, over sequences without padding and with
/// backward passes of their own.
///
/// What does not depend on the recurrence, the products with the inputs, is one GEMM over all steps
/// for each stream; what is multiplied with the same vector in a step is one product; slots are
/// never made (models/cpu/video_memory_steps.h); the gradient of a weight is one GEMM over all
/// steps. Kept for the backward pass are a row of gates, contents and states for each step, and
/// what it read.
struct FusedVideoMemory {
  /// Of each Linear its weight, then its bias.
  enum Input : size_t {
    kAppearance,  ///< (rows, h)
    kMotion,      ///< (rows, h)
    kReadProb,
    kWriteProb = kReadProb + 2,
    kReadToHidden = kWriteProb + 2,
    kStreamA = kReadToHidden + 2,  ///< read_to_hidden, hidden_to_content, write_prob
    kStreamM = kStreamA + 6,
    kInputs = kStreamM + 6
  };

  RowLayout layout;
  int64_t hidden = 0;
  int64_t slots = 0;

  /// -> (rows, h)
  static torch::Tensor apply(FusedVideoMemory spec, const std::vector<torch::Tensor>& inputs);
};

struct FusedQuestionMemory {
  /// Of each Linear its weight, then its bias.
  enum Input : size_t {
    kWords,  ///< (rows, h)
    kHiddenToContent,
    kReadGate = kHiddenToContent + 2,
    kReadProb = kReadGate + 2,
    kWriteGate = kReadProb + 2,
    kWriteProb = kWriteGate + 2,
    kWxh = kWriteProb + 2,
    kWrh,
    kWhh,
    kBh,
    kInputs
  };

  RowLayout layout;
  int64_t hidden = 0;
  int64_t slots = 0;

  /// -> (rows, h)
  static torch::Tensor apply(FusedQuestionMemory spec, const std::vector<torch::Tensor>& inputs);
};

}  // namespace vidqa::models
