#pragma once

#include <cstdint>
#include <memory>

#include <c10/util/ThreadLocalDebugInfo.h>

namespace vidqa::fusion {

/// Bytes of CPU tensors that this thread has allocated since the meter was made, at the moment and
/// at most; older tensors are not counted when they are freed. Meters do not nest, nor run beside
/// LibTorch's profiler.
class TensorMemoryMeter {
 public:
  TensorMemoryMeter();
  ~TensorMemoryMeter();
  TensorMemoryMeter(const TensorMemoryMeter&) = delete;
  TensorMemoryMeter& operator=(const TensorMemoryMeter&) = delete;

  int64_t bytes() const;
  int64_t peak_bytes() const;
  /// The peak becomes what there is now.
  void reset_peak();

 private:
  class Counter;
  std::shared_ptr<Counter> counter_;
  std::unique_ptr<c10::DebugInfoGuard> guard_;
};

}  // namespace vidqa::fusion
