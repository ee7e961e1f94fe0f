#pragma once

#include <cstdint>

#include "models/batch.h"
#include "models/model.h"

namespace vidqa::models::testing {

/// Sizes so small that a test takes no time: hidden 8, 3 slots, 40 words, 6 classes.
ModelConfig small_config(Task task);

/// A seeded random batch in double precision that fits small_config(task), with texts and clips of
/// different lengths; texts differ in their first word. What stands in the padding is random too:
/// nothing may read it.
Batch random_batch(Task task, int64_t batch_size, uint64_t seed);

/// The rows [begin, end).
Batch rows(const Batch& batch, int64_t begin, int64_t end);

}  // namespace vidqa::models::testing
