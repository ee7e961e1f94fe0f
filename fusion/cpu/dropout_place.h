#pragma once

#include <algorithm>
#include <cstdint>

namespace vidqa::fusion::cpu {

/// Dropout at one place of one forward pass. Nothing is stored: whether element (row, column) is
/// kept follows from the key, so that the backward pass finds the same mask again.
struct DropoutPlace {
  double probability = 0;        ///< of dropping an element; 0: no dropout here
  uint64_t key = 0;              ///< of the call, drawn from LibTorch's generator
  uint32_t stream = 0;           ///< of the place within the call
  const float* given = nullptr;  ///< for tests: keep mask (rows, width) of 0 and 1, used instead
  int64_t width = 0;

  bool active() const { return probability > 0; }
  double keep() const { return 1 - probability; }
  /// A random word below it drops its element.
  uint32_t threshold() const {
    return static_cast<uint32_t>(std::min(probability * 4294967296.0, 4294967295.0));
  }
};

}  // namespace vidqa::fusion::cpu
