#pragma once

#include <algorithm>
#include <cstdint>

#include "fusion/cpu/counter_random.h"
#include "fusion/cpu/dropout_place.h"
#include "fusion/cpu/multiarch.h"

namespace vidqa::fusion::cpu {

/// Columns are handled in runs of this many, which start at its multiples.
inline constexpr int64_t kDropoutRun = kRandomTile;

/// Multipliers, 0 or 1 / (1 - p), of n columns of a row of an active place. `begin` is a multiple
/// of kDropoutRun.
template <typename T>
VIDQA_INLINE void dropout_multipliers(const DropoutPlace& place, int64_t row, int64_t begin,
                                      int64_t n, T* multipliers) {
  const T scale = static_cast<T>(1 / place.keep());
  if (place.given != nullptr) {
    const float* keep = place.given + row * place.width + begin;
    for (int64_t i = 0; i < n; ++i) multipliers[i] = static_cast<T>(keep[i]) * scale;
    return;
  }
  const uint32_t threshold = place.threshold();
  alignas(64) uint32_t words[kRandomTile];
  for (int64_t run = 0; run < n; run += kDropoutRun) {
    random_tile(place.key, place.stream, static_cast<uint64_t>(row),
                static_cast<uint32_t>((begin + run) / kDropoutRun), words);
    if (n - run >= kDropoutRun) {
#pragma omp simd
      for (int64_t i = 0; i < kDropoutRun; ++i)
        multipliers[run + i] = words[i] < threshold ? T(0) : scale;
    } else {
      for (int64_t i = 0; i < n - run; ++i)
        multipliers[run + i] = words[i] < threshold ? T(0) : scale;
    }
  }
}

/// x[i] *= multiplier of column begin + i; nothing where the place is not active.
template <typename T>
VIDQA_INLINE void drop(const DropoutPlace& place, int64_t row, int64_t begin, int64_t n, T* x) {
  if (!place.active()) return;
  alignas(64) T multipliers[kDropoutRun];
  for (int64_t run = 0; run < n; run += kDropoutRun) {
    const int64_t length = std::min(kDropoutRun, n - run);
    dropout_multipliers(place, row, begin + run, length, multipliers);
#pragma omp simd
    for (int64_t i = 0; i < length; ++i) x[run + i] *= multipliers[i];
  }
}

}  // namespace vidqa::fusion::cpu
