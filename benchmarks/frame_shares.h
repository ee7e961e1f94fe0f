#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/model.h"

namespace vidqa::benchmarks {

/// How much each frame that a model read of a clip mattered for its answer.
struct FrameShares {
  enum class Source {
    kNone,       ///< the model reads no frames, or a single one
    kAttention,  ///< weights of the model's attention over time, sum 1 (models::Output::attention)
    kOcclusion,  ///< by how much the answer's score falls when the frame is left out
  };
  Source source = Source::kNone;
  std::vector<double> values;  ///< one a frame, in order of time
};

/// The score of an answer on a scale of its own: its softmax probability among all, for counts the
/// number itself. scores (1, C), (1, A) or (1, 1).
double answer_share(models::Task task, const torch::Tensor& scores, int64_t answer);

/// Of a batch of one question, which `model` answers in evaluation mode with `answer` (class or
/// candidate; nothing for counts). Without an attention over time, every frame is left out once:
/// from appearance and motion, or from the features streams that have as many rows as the first.
/// The value is then answer_share() with all frames minus that without this one; for counts, the
/// size of the change.
FrameShares frame_shares(models::Model& model, const models::Batch& batch, int64_t answer);

}  // namespace vidqa::benchmarks
