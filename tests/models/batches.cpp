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
  config.tvqa.feature_dims = {{"imagenet", 5}};
  config.tvqa.hidden_raw = 3;
  config.tvqa.hidden_mature = 8;
  config.tvqa.fusion_dim = 6;
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
  batch.question = torch::randint(config.vocab_size, {batch_size, kNumWords}, torch::kInt64);
  batch.question_lengths = random_lengths({batch_size}, kNumWords);
  batch.answers = batch.text.clone();
  batch.answer_lengths = batch.text_lengths.clone();
  for (const char* name : {"sub", "vcpt"})
    batch.streams.push_back(
        {name, torch::randint(config.vocab_size, {batch_size, kNumSteps}, torch::kInt64),
         random_lengths({batch_size}, kNumSteps)});
  batch.streams.push_back(
      {"imagenet",
       torch::randn({batch_size, kNumSteps, config.tvqa.feature_dims.at("imagenet")},
                    torch::kFloat64),
       random_lengths({batch_size}, kNumSteps)});
  return batch;
}

ModelConfig small_config(const std::string& model, Task task) {
  ModelConfig config = small_config(task);
  if (find_model(model).fusion == FusionUse::kNeeded) config.fusion = "mlb:mm_dim=5,dropout=0";
  return config;
}

namespace {

/// The batch with every tensor changed. `change(tensor, axis)`: its words or steps are along
/// `axis`; -1: it has neither.
template <typename Change>
Batch changed(Batch batch, Change change) {
  batch.text = change(batch.text, 2);
  batch.question = change(batch.question, 1);
  batch.answers = change(batch.answers, 2);
  for (torch::Tensor* steps : {&batch.appearance, &batch.motion}) *steps = change(*steps, 1);
  for (torch::Tensor* lengths : {&batch.text_lengths, &batch.question_lengths,
                                 &batch.answer_lengths, &batch.video_lengths, &batch.labels})
    *lengths = change(*lengths, -1);
  for (Stream& stream : batch.streams) {
    stream.values = change(stream.values, 1);
    stream.lengths = change(stream.lengths, -1);
  }
  return batch;
}

}  // namespace

Batch rows(const Batch& batch, int64_t begin, int64_t end) {
  return changed(batch, [&](const torch::Tensor& x, int64_t) { return x.slice(0, begin, end); });
}

Batch with_more_padding(const Batch& batch) {
  return changed(batch, [](const torch::Tensor& x, int64_t axis) {
    if (axis < 0) return x;
    const torch::Tensor more = x.narrow(axis, 0, 2);
    return torch::cat({x, x.is_floating_point() ? 10 * torch::randn_like(more)
                                                : torch::randint_like(more, 0, 40)},
                      axis);
  });
}

Batch with_other_words(const Batch& batch) {
  return changed(batch, [](const torch::Tensor& x, int64_t axis) {
    return axis < 0 || x.is_floating_point() ? x : (x + 1) % 40;
  });
}

Batch with_candidates_in_order(const Batch& batch, const torch::Tensor& order) {
  Batch result = batch;
  for (torch::Tensor* tensor :
       {&result.text, &result.text_lengths, &result.answers, &result.answer_lengths})
    *tensor = tensor->index_select(1, order);
  return result;
}

}  // namespace vidqa::models::testing
