#include "pipeline/data/collate.h"

#include <algorithm>

#include <torch/torch.h>

namespace vidqa::data {
namespace {

void collate_text(const std::vector<const Question*>& questions, models::Batch& batch) {
  const size_t num_texts = questions.front()->word_ids.size();
  size_t longest = 0;
  for (const Question* question : questions) {
    TORCH_CHECK(question->word_ids.size() == num_texts && num_texts > 0, "collate: question ",
                question->id, " has ", question->word_ids.size(),
                " texts, the others of the batch have ", num_texts);
    for (const std::vector<int64_t>& ids : question->word_ids) {
      TORCH_CHECK(!ids.empty(), "collate: question ", question->id, " has a text without words");
      longest = std::max(longest, ids.size());
    }
  }
  const auto size = static_cast<int64_t>(questions.size());
  const auto answers = static_cast<int64_t>(num_texts);
  batch.text =
      torch::zeros({size, answers, static_cast<int64_t>(longest)}, torch::kInt64);  // (B, A, L)
  batch.text_lengths = torch::zeros({size, answers}, torch::kInt64);
  auto text = batch.text.accessor<int64_t, 3>();
  auto lengths = batch.text_lengths.accessor<int64_t, 2>();
  for (int64_t b = 0; b < size; ++b) {
    for (int64_t a = 0; a < answers; ++a) {
      const auto& ids = questions[static_cast<size_t>(b)]->word_ids[static_cast<size_t>(a)];
      lengths[b][a] = static_cast<int64_t>(ids.size());
      std::copy(ids.begin(), ids.end(), text[b][a].data());
    }
  }
}

void collate_video(const std::vector<const VideoFeatures::Clip*>& clips, models::Batch& batch) {
  const auto size = static_cast<int64_t>(clips.size());
  int64_t longest = 0;
  for (const VideoFeatures::Clip* clip : clips)
    longest = std::max(longest, clip->appearance.size(0));
  batch.appearance =
      torch::zeros({size, longest, clips.front()->appearance.size(1)});         // (B, T, Da)
  batch.motion = torch::zeros({size, longest, clips.front()->motion.size(1)});  // (B, T, Dm)
  batch.video_lengths = torch::zeros({size}, torch::kInt64);
  auto lengths = batch.video_lengths.accessor<int64_t, 1>();
  for (int64_t b = 0; b < size; ++b) {
    const VideoFeatures::Clip& clip = *clips[static_cast<size_t>(b)];
    const int64_t rows = clip.appearance.size(0);
    batch.appearance[b].narrow(0, 0, rows).copy_(clip.appearance);
    batch.motion[b].narrow(0, 0, rows).copy_(clip.motion);
    lengths[b] = rows;
  }
}

}  // namespace

models::Batch collate(const std::vector<const Question*>& questions, models::Task task,
                      const std::vector<const VideoFeatures::Clip*>& clips) {
  TORCH_CHECK(!questions.empty(), "collate: a batch needs at least one question");
  TORCH_CHECK(clips.empty() || clips.size() == questions.size(), "collate: ", questions.size(),
              " questions need as many clips or none, got ", clips.size());
  models::Batch batch;
  collate_text(questions, batch);
  if (!clips.empty()) collate_video(clips, batch);
  std::vector<int64_t> labels;
  labels.reserve(questions.size());
  for (const Question* question : questions) labels.push_back(question->label);
  batch.labels = torch::tensor(labels, torch::kInt64);
  if (task == models::Task::kCount) batch.labels = batch.labels.to(torch::kFloat32);
  return batch;
}

}  // namespace vidqa::data
