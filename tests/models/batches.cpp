#include "tests/models/batches.h"

#include <torch/torch.h>

namespace vidqa::models::testing {
namespace {

constexpr int64_t kNumAnswers = 4;
constexpr int64_t kNumWords = 7;
constexpr int64_t kNumSteps = 6;

/// Random lengths in 1..longest, the longest among them.
torch::Tensor random_lengths(torch::IntArrayRef shape, int64_t longest) {
  const torch::Tensor lengths = torch::randint(1, longest + 1, shape, torch::kInt64);
  lengths.view({-1})[0] = longest;
  return lengths;
}

}  // namespace

ModelConfig small_config(Task task) {
  ModelConfig config;
  config.task = task;
  config.vocab_size = 40;
  config.num_classes = task == Task::kOpenEnded ? 6 : 0;
  config.appearance_dim = 5;
  config.motion_dim = 4;
  config.word_dim = 6;
  config.hidden = 8;
  config.slots = 3;
  return config;
}

Batch random_batch(Task task, int64_t batch_size, uint64_t seed) {
  torch::manual_seed(seed);
  const ModelConfig config = small_config(task);
  const int64_t num_answers = task == Task::kMultipleChoice ? kNumAnswers : 1;
  Batch batch;
  batch.text =
      torch::randint(config.vocab_size, {batch_size, num_answers, kNumWords}, torch::kInt64);
  // No two texts are equal, so that every answer can be learnt from the text alone.
  batch.text.select(2, 0) = torch::arange(batch_size * num_answers).view({batch_size, -1});
  batch.text_lengths = random_lengths({batch_size, num_answers}, kNumWords);
  batch.appearance = torch::randn({batch_size, kNumSteps, config.appearance_dim}, torch::kFloat64);
  batch.motion = torch::randn({batch_size, kNumSteps, config.motion_dim}, torch::kFloat64);
  batch.video_lengths = random_lengths({batch_size}, kNumSteps);
  switch (task) {
    case Task::kOpenEnded:
      batch.labels = torch::randint(config.num_classes, {batch_size}, torch::kInt64);
      break;
    case Task::kMultipleChoice:
      batch.labels = torch::randint(num_answers, {batch_size}, torch::kInt64);
      break;
    case Task::kCount:
      batch.labels = torch::randint(1, 11, {batch_size}, torch::kInt64).to(torch::kFloat32);
      break;
  }
  return batch;
}

Batch rows(const Batch& batch, int64_t begin, int64_t end) {
  const auto part = [&](const torch::Tensor& t) { return t.slice(0, begin, end); };
  return {part(batch.text),   part(batch.text_lengths),  part(batch.appearance),
          part(batch.motion), part(batch.video_lengths), part(batch.labels)};
}

}  // namespace vidqa::models::testing
