#pragma once

#include <torch/types.h>

namespace vidqa::models {

/// Every tensor that a model may read. Letters as everywhere: B batch, A answers, L words, T time
/// steps, D width.
///
/// Padding is always on the right and never read: a model masks by the lengths, so that a row's
/// scores do not depend on what else is in the batch.
struct Batch {
  /// Word ids, (B, A, L) int64, padded with 0. One text per candidate answer (question + candidate)
  /// for multiple choice; A = 1 otherwise.
  torch::Tensor text;
  /// (B, A) int64, each >= 1.
  torch::Tensor text_lengths;

  /// What the clip looks like, (B, T, Da) float32, e.g. ResNet pool5 or VGG fc7. Undefined without
  /// video streams.
  torch::Tensor appearance;
  /// How the clip moves, (B, T, Dm) float32, e.g. C3D fc6. Undefined without video streams.
  torch::Tensor motion;
  /// (B) int64, each >= 1; both streams have the same length.
  torch::Tensor video_lengths;

  /// (B): int64 class or index of the right candidate; float32 count. -1 where the answer is
  /// outside the answer set: such rows are scored as wrong and never trained on.
  torch::Tensor labels;

  int64_t size() const { return text.size(0); }
  bool has_video() const { return video_lengths.defined(); }
  Batch to(torch::Device device) const;
};

}  // namespace vidqa::models
