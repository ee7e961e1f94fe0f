#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::models {

/// What a question is asked about, step after step along time: words (subtitles, visual concepts)
/// or features of frames. Each stream has its own time axis.
struct Stream {
  std::string name;       ///< sub, vcpt, imagenet, regional, motion
  torch::Tensor values;   ///< (B, T) int64 word ids, padded with 0; or (B, T, D) float32 features
  torch::Tensor lengths;  ///< (B) int64, each >= 1 (a clip without rows reads one row of zeros)

  bool is_text() const { return values.dim() == 2; }
};

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

  /// Where a data set keeps them apart (TVQA), the same words once more: the question, (B, L)
  /// int64, and the candidate answers, (B, A, L) int64, both padded with 0. Undefined elsewhere.
  torch::Tensor question;
  torch::Tensor answers;
  torch::Tensor question_lengths;  ///< (B) int64, each >= 1
  torch::Tensor answer_lengths;    ///< (B, A) int64, each >= 1

  /// The streams of a data set that has more than appearance and motion (TVQA); else empty.
  std::vector<Stream> streams;

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

  int64_t size() const { return (text.defined() ? text : question).size(0); }
  bool has_video() const { return video_lengths.defined(); }
  /// Throws c10::Error listing the streams of the batch if none has this name.
  const Stream& stream(const std::string& name) const;
  Batch to(torch::Device device) const;
};

}  // namespace vidqa::models
