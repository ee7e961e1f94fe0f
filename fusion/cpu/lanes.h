#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "fusion/cpu/multiarch.h"

namespace vidqa::fusion::cpu {

/// Rows that lie side by side in the lanes of vector registers.
inline constexpr int64_t kLanes = 16;

/// One value of kLanes rows, with the arithmetic of the vector extension of GCC and clang: one
/// register with AVX-512, two with AVX2, four with SSE.
template <typename T>
struct LanesOf {
  typedef T type __attribute__((vector_size(kLanes * sizeof(T))));
};
template <typename T>
using Lanes = typename LanesOf<T>::type;

template <typename T>
VIDQA_INLINE void load(const T* from, Lanes<T>& lanes) {
  std::memcpy(&lanes, from, sizeof lanes);
}

template <typename T>
VIDQA_INLINE void store(const Lanes<T>& lanes, T* to) {
  std::memcpy(to, &lanes, sizeof lanes);
}

/// Exchanges the off-diagonal quarters of each square of 2 kStep rows and lanes.
template <int kStep, typename V, int... kLane>
VIDQA_INLINE void exchange(V* rows, std::integer_sequence<int, kLane...> /*lanes*/) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & kStep) != 0) continue;
    const V a = rows[i];
    const V b = rows[i + kStep];
    rows[i] = __builtin_shufflevector(
        a, b, ((kLane & kStep) == 0 ? kLane : static_cast<int>(kLanes) + kLane - kStep)...);
    rows[i + kStep] = __builtin_shufflevector(
        a, b, ((kLane & kStep) == 0 ? kLane + kStep : static_cast<int>(kLanes) + kLane)...);
  }
}

/// Transposes kLanes vectors.
template <typename V>
VIDQA_INLINE void transpose(V* rows) {
  constexpr auto lanes = std::make_integer_sequence<int, static_cast<int>(kLanes)>();
  exchange<8>(rows, lanes);
  exchange<4>(rows, lanes);
  exchange<2>(rows, lanes);
  exchange<1>(rows, lanes);
}

/// `rows` (lanes, width), at most kLanes of them, -> columns[j kLanes + lane]; the lanes that have
/// no row become 0.
template <typename T>
VIDQA_INLINE void to_lanes(const T* rows, int64_t width, int64_t lanes, T* columns) {
  int64_t begin = 0;
  if (lanes == kLanes) {
    for (; begin + kLanes <= width; begin += kLanes) {
      Lanes<T> tile[kLanes];
#pragma GCC unroll 16
      for (int64_t i = 0; i < kLanes; ++i) load<T>(rows + i * width + begin, tile[i]);
      transpose(tile);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kLanes; ++i) store<T>(tile[i], columns + (begin + i) * kLanes);
    }
  }
  for (int64_t j = begin; j < width; ++j) {
    for (int64_t lane = 0; lane < kLanes; ++lane)
      columns[j * kLanes + lane] = lane < lanes ? rows[lane * width + j] : T(0);
  }
}

/// And back.
template <typename T>
VIDQA_INLINE void from_lanes(const T* columns, int64_t width, int64_t lanes, T* rows) {
  int64_t begin = 0;
  if (lanes == kLanes) {
    for (; begin + kLanes <= width; begin += kLanes) {
      Lanes<T> tile[kLanes];
#pragma GCC unroll 16
      for (int64_t i = 0; i < kLanes; ++i) load<T>(columns + (begin + i) * kLanes, tile[i]);
      transpose(tile);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kLanes; ++i) store<T>(tile[i], rows + i * width + begin);
    }
  }
  for (int64_t lane = 0; lane < lanes; ++lane) {
    for (int64_t j = begin; j < width; ++j) rows[lane * width + j] = columns[j * kLanes + lane];
  }
}

}  // namespace vidqa::fusion::cpu
