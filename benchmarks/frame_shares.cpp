#include "benchmarks/frame_shares.h"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

namespace vidqa::benchmarks {
namespace {

constexpr int64_t kCopies = 16;  // of the clip that are in memory at a time

/// Rows along time of the clip of a batch of one question; 0: it reads none.
int64_t num_frames(const models::Batch& batch) {
  if (batch.has_video()) return batch.video_lengths[0].item<int64_t>();
  for (const models::Stream& stream : batch.streams)
    if (!stream.is_text()) return stream.lengths[0].item<int64_t>();
  return 0;
}

/// rows (1, T, D) -> (n, T - 1, D), n = last - first: copy i lacks row first + i.
torch::Tensor without_each(const torch::Tensor& rows, int64_t first, int64_t last) {
  std::vector<torch::Tensor> copies;
  for (int64_t t = first; t < last; ++t)
    copies.push_back(
        torch::cat({rows.narrow(1, 0, t), rows.narrow(1, t + 1, rows.size(1) - t - 1)}, 1));
  return torch::cat(copies, 0);
}

torch::Tensor times(const torch::Tensor& of_one, int64_t count) {
  return of_one.defined() ? of_one.repeat_interleave(count, 0) : of_one;
}

/// The question of a batch of one, once for each of the frames first .. last - 1, which it lacks.
models::Batch occluded(const models::Batch& batch, int64_t first, int64_t last) {
  const int64_t count = last - first;
  const int64_t frames = num_frames(batch);
  models::Batch copies = batch;
  for (torch::Tensor models::Batch::*part :
       {&models::Batch::text, &models::Batch::text_lengths, &models::Batch::question,
        &models::Batch::answers, &models::Batch::question_lengths, &models::Batch::answer_lengths,
        &models::Batch::labels})
    copies.*part = times(batch.*part, count);
  if (batch.has_video()) {
    copies.appearance = without_each(batch.appearance, first, last);
    copies.motion = without_each(batch.motion, first, last);
    copies.video_lengths = times(batch.video_lengths - 1, count);
  }
  for (models::Stream& stream : copies.streams) {
    const bool is_occluded = !stream.is_text() && stream.values.size(1) == frames;
    stream.values =
        is_occluded ? without_each(stream.values, first, last) : times(stream.values, count);
    stream.lengths = times(is_occluded ? stream.lengths - 1 : stream.lengths, count);
  }
  return copies;
}

}  // namespace

double answer_share(models::Task task, const torch::Tensor& scores, int64_t answer) {
  if (task == models::Task::kCount) return scores[0][0].item<double>();
  return scores.to(torch::kFloat64).softmax(1)[0][answer].item<double>();
}

FrameShares frame_shares(models::Model& model, const models::Batch& batch, int64_t answer) {
  const torch::NoGradGuard no_grad;
  const models::Task task = model.config().task;
  const int64_t frames = num_frames(batch);
  if (frames < 2) return {};

  model.report_attention(true);
  const models::Output whole = model.forward(batch);
  model.report_attention(false);
  FrameShares shares;
  if (whole.attention.defined()) {
    shares.source = FrameShares::Source::kAttention;
    const torch::Tensor row = whole.attention[0].to(torch::kCPU, torch::kFloat64).contiguous();
    shares.values = {row.data_ptr<double>(), row.data_ptr<double>() + frames};
    return shares;
  }
  shares.source = FrameShares::Source::kOcclusion;
  const double with_all = answer_share(task, whole.scores, answer);
  for (int64_t first = 0; first < frames; first += kCopies) {
    const int64_t last = std::min(frames, first + kCopies);
    const torch::Tensor scores = model.forward(occluded(batch, first, last)).scores;
    for (int64_t i = 0; i < last - first; ++i) {
      const double fall = with_all - answer_share(task, scores.narrow(0, i, 1), answer);
      shares.values.push_back(task == models::Task::kCount ? std::abs(fall) : fall);
    }
  }
  return shares;
}

}  // namespace vidqa::benchmarks
