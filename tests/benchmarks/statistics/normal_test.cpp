#include "benchmarks/statistics/normal.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

TEST(NormalQuantile, EqualsTheTables) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959964, 1e-6);
  EXPECT_NEAR(normal_quantile(0.8), 0.841621, 1e-6);
  EXPECT_NEAR(normal_quantile(0.05), -1.644854, 1e-6);
  EXPECT_EQ(normal_quantile(0.5), 0);
}

TEST(NormalQuantile, ZeroAndOneHaveNone) {
  EXPECT_THROW(normal_quantile(0), c10::Error);
  EXPECT_THROW(normal_quantile(1), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
