#include "fusion/tensor_memory.h"

#include <algorithm>
#include <atomic>

#include <c10/core/Allocator.h>
#include <torch/version.h>

namespace vidqa::fusion {

class TensorMemoryMeter::Counter : public c10::MemoryReportingInfoBase {
 public:
#if TORCH_VERSION_MAJOR >= 2
  using Total = size_t;
#else
  using Total = int64_t;
#endif

  void reportMemoryUsage(void* /*pointer*/, int64_t size, Total /*allocated*/, Total /*reserved*/,
                         c10::Device device) override {
    if (!device.is_cpu()) return;
    bytes += size;
    peak = std::max(peak.load(), bytes.load());
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::atomic<int64_t> bytes{0};
  std::atomic<int64_t> peak{0};
};

TensorMemoryMeter::TensorMemoryMeter()
    : counter_(std::make_shared<Counter>()),
      guard_(std::make_unique<c10::DebugInfoGuard>(c10::DebugInfoKind::PROFILER_STATE, counter_)) {}

TensorMemoryMeter::~TensorMemoryMeter() = default;

int64_t TensorMemoryMeter::bytes() const { return counter_->bytes; }

int64_t TensorMemoryMeter::peak_bytes() const { return counter_->peak; }

void TensorMemoryMeter::reset_peak() { counter_->peak = counter_->bytes.load(); }

}  // namespace vidqa::fusion
