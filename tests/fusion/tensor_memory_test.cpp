#include "fusion/tensor_memory.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

constexpr int64_t kFloats = 1 << 16;
constexpr int64_t kBytes = kFloats * 4;

TEST(TensorMemory, CountsWhatIsHeldAndWhatWasHeldAtMost) {
  const TensorMemoryMeter meter;
  torch::Tensor kept = torch::empty({kFloats});
  { const torch::Tensor passing = torch::empty({2 * kFloats}); }
  EXPECT_EQ(meter.bytes(), kBytes);
  EXPECT_EQ(meter.peak_bytes(), 3 * kBytes);
}

TEST(TensorMemory, DoesNotCountWhatWasThereBefore) {
  torch::Tensor old = torch::empty({kFloats});
  const TensorMemoryMeter meter;
  old = torch::Tensor();
  EXPECT_EQ(meter.bytes(), 0);
}

TEST(TensorMemory, ForgetsThePeakOnRequest) {
  TensorMemoryMeter meter;
  { const torch::Tensor passing = torch::empty({2 * kFloats}); }
  meter.reset_peak();
  const torch::Tensor kept = torch::empty({kFloats});
  EXPECT_EQ(meter.peak_bytes(), kBytes);
}

}  // namespace
}  // namespace vidqa::fusion
