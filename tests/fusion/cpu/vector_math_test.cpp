#include "fusion/cpu/vector_math.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace vidqa::fusion::cpu {
namespace {

/// Distance in units of the last place of `exact`.
double ulps(float value, double exact) {
  const float rounded = std::fabs(static_cast<float>(exact));
  const float unit = std::nextafter(rounded, std::numeric_limits<float>::infinity()) - rounded;
  return std::fabs(value - exact) / unit;
}

TEST(VectorMath, ExponentialIsAccurate) {
  for (float x = -87.2F; x < 88.3F; x += 0.00371F)
    ASSERT_LE(ulps(exponential(x), std::exp(static_cast<double>(x))), 3) << x;
}

TEST(VectorMath, ExponentialSaturates) {
  EXPECT_GT(exponential(-1000.0F), 0);
  EXPECT_LT(exponential(-1000.0F), 1.3e-38F);
  EXPECT_GT(exponential(1000.0F), 2e38F);
  EXPECT_TRUE(std::isfinite(exponential(1000.0F)));
}

TEST(VectorMath, SigmoidIsAccurate) {
  for (float x = -80.0F; x < 80.0F; x += 0.00173F)
    ASSERT_LE(ulps(sigmoid(x), 1 / (1 + std::exp(-static_cast<double>(x)))), 3) << x;
  EXPECT_EQ(sigmoid(1000.0F), 1);
}

TEST(VectorMath, HyperbolicTangentIsAccurate) {
  for (float x = -12.0F; x < 12.0F; x += 0.000173F)
    ASSERT_LE(ulps(hyperbolic_tangent(x), std::tanh(static_cast<double>(x))), 3) << x;
  for (const float x : {1e-30F, 1e-8F, -1e-3F})
    EXPECT_LE(ulps(hyperbolic_tangent(x), std::tanh(static_cast<double>(x))), 1) << x;
  EXPECT_EQ(hyperbolic_tangent(1000.0F), 1);
  EXPECT_EQ(hyperbolic_tangent(-1000.0F), -1);
  EXPECT_EQ(hyperbolic_tangent(0.0F), 0);
}

TEST(VectorMath, PassesNotANumberOn) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(exponential(nan)));
  EXPECT_TRUE(std::isnan(sigmoid(nan)));
  EXPECT_TRUE(std::isnan(hyperbolic_tangent(nan)));
}

}  // namespace
}  // namespace vidqa::fusion::cpu
