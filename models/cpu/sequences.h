#pragma once

#include <cstdint>

#include "fusion/cpu/multiarch.h"

namespace vidqa::models::cpu {

/// Sequences that a recurrence goes through together, longest first; sequence i is in the rows
/// offsets[i] ... + lengths[i] - 1.
struct Sequences {
  const int64_t* lengths = nullptr;  ///< each >= 1
  const int64_t* offsets = nullptr;
  const int64_t* numbers = nullptr;  ///< its place in what has a row for each sequence
  int64_t count = 0;
  bool reverse = false;  ///< from the last row to the first

  int64_t longest() const { return count == 0 ? 0 : lengths[0]; }
};

/// Sequences that have a step of this number; `count` is that of the step before or after.
VIDQA_INLINE int64_t active(const Sequences& sequences, int64_t number, int64_t count) {
  while (count > 0 && sequences.lengths[count - 1] <= number) --count;
  while (count < sequences.count && sequences.lengths[count] > number) ++count;
  return count;
}

}  // namespace vidqa::models::cpu
