#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "fusion/cpu/multiarch.h"

namespace vidqa::fusion::cpu {

/// exp, sigmoid and tanh without branches, so that a loop over them becomes vector code. In single
/// precision within 3 units in the last place (tests/fusion/cpu/vector_math_test.cpp); in double
/// those of the C++ library, for tests are all that computes in double.

VIDQA_INLINE float exponential(float x) {
  // e^x = 2^k e^r with k = round(x / ln 2), |r| <= ln 2 / 2; Cody and Waite 1980.
  constexpr float kLowest = -87.3F;  // below, the result would be a denormal: give the smallest
  constexpr float kHighest = 88.37F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  x = x < kLowest ? kLowest : x;
  x = x > kHighest ? kHighest : x;
  const float shifted = x * kLog2E + kRound;
  const float k = shifted - kRound;
  const float r = (x - k * kLn2High) - k * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = (p * r) * r + r + 1.0F;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127U) << 23;  // the low bits of `shifted` hold k
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

VIDQA_INLINE float sigmoid(float x) { return 1.0F / (1.0F + exponential(-x)); }

VIDQA_INLINE float hyperbolic_tangent(float x) {
  // Near 0 the odd polynomial of Cephes, elsewhere 1 - 2 / (e^2|x| + 1).
  const float magnitude = std::fabs(x);
  const float square = x * x;
  float p = -5.70498872745e-3F;
  p = p * square + 2.06390887954e-2F;
  p = p * square - 5.37397155531e-2F;
  p = p * square + 1.33314422036e-1F;
  p = p * square - 3.33332819422e-1F;
  const float near = p * square * x + x;
  const float far = std::copysign(1.0F - 2.0F / (exponential(2.0F * magnitude) + 1.0F), x);
  return magnitude < 0.625F ? near : far;
}

VIDQA_INLINE double exponential(double x) { return std::exp(x); }
VIDQA_INLINE double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
VIDQA_INLINE double hyperbolic_tangent(double x) { return std::tanh(x); }

}  // namespace vidqa::fusion::cpu
