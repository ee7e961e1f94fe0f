#include "pipeline/train/memory.h"

#include <cstring>
#include <fstream>
#include <memory>

#include <gtest/gtest.h>

namespace vidqa::train {
namespace {

TEST(PeakMemory, GrowsWithWhatIsUsedAndForgetsWhenReset) {
  if (!std::ofstream("/proc/self/clear_refs")) GTEST_SKIP() << "needs /proc/self/clear_refs";
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer keeps freed memory";
#endif
  constexpr size_t kBytes = size_t{128} << 20;
  reset_peak_memory();
  const double before = peak_memory_mb();
  {
    const std::unique_ptr<char[]> block(new char[kBytes]);
    std::memset(block.get(), 1, kBytes);
    EXPECT_GE(peak_memory_mb(), before + 120);
  }
  EXPECT_GE(peak_memory_mb(), before + 120) << "a peak stays";
  reset_peak_memory();
  EXPECT_LT(peak_memory_mb(), before + 60);
}

}  // namespace
}  // namespace vidqa::train
