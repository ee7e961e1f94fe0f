#pragma once

#include <cstdint>
#include <type_traits>

#include "fusion/cpu/lanes.h"
#include "fusion/cpu/multiarch.h"

namespace vidqa::models::cpu {

/// Rows that are multiplied together: 4 sums of 16 values each are in registers at once. With
/// AVX-512 in single precision a sum is one register of 32; else two or more of 16.
inline constexpr int kWideTile = 6;
inline constexpr int kNarrowTile = 1;

inline bool has_wide_registers() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

/// sums[i][g] += a[i][k] b[k][g], over k; b has kColumns times 16 values for each k.
template <typename T, int kRows, int kColumns>
VIDQA_INLINE void multiply(const T* const* a, const T* b, int64_t depth,
                           fusion::cpu::Lanes<T> (&sums)[kRows][kColumns]) {
  for (int64_t k = 0; k < depth; ++k) {
    fusion::cpu::Lanes<T> of_b[kColumns];
#pragma GCC unroll 4
    for (int g = 0; g < kColumns; ++g)
      fusion::cpu::load<T>(b + (k * kColumns + g) * fusion::cpu::kLanes, of_b[g]);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const T factor = a[i][k];
#pragma GCC unroll 4
      for (int g = 0; g < kColumns; ++g) sums[i][g] += factor * of_b[g];
    }
  }
}

/// Calls tile(first, std::integral_constant<int, rows>) until all are done.
template <int kMost, typename Tile>
VIDQA_INLINE void for_tiles(int64_t count, Tile tile) {
  int64_t begin = 0;
  for (; begin + kMost <= count; begin += kMost) tile(begin, std::integral_constant<int, kMost>());
  if constexpr (kMost > 1) {
    switch (count - begin) {
      case 1:
        return tile(begin, std::integral_constant<int, 1>());
      case 2:
        return tile(begin, std::integral_constant<int, 2>());
      case 3:
        return tile(begin, std::integral_constant<int, 3>());
      case 4:
        return tile(begin, std::integral_constant<int, 4>());
      case 5:
        return tile(begin, std::integral_constant<int, 5>());
      default:
        return;
    }
  }
}

}  // namespace vidqa::models::cpu
