#pragma once

#include <cstdint>
#include <string>

#include "models/batch.h"
#include "models/model.h"

namespace vidqa::models::testing {

/// Sizes so small that a test takes no time: hidden 8, 3 slots, 40 words, 6 classes.
ModelConfig small_config(Task task);
/// With a fusion, if the model needs one.
ModelConfig small_config(const std::string& model, Task task);

/// A seeded random batch in double precision that fits small_config(task), with texts and clips of
/// different lengths; texts differ in their first word. What stands in the padding is random too:
/// nothing may read it.
Batch random_batch(Task task, int64_t batch_size, uint64_t seed);

/// The rows [begin, end).
Batch rows(const Batch& batch, int64_t begin, int64_t end);

/// Two more words or steps of random padding everywhere.
Batch with_more_padding(const Batch& batch);

/// Every word id w becomes (w + 1) % 40.
Batch with_other_words(const Batch& batch);

/// Candidate answers in another order (A).
Batch with_candidates_in_order(const Batch& batch, const torch::Tensor& order);

}  // namespace vidqa::models::testing
