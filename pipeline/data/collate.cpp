#include "pipeline/data/collate.h"

#include <algorithm>

#include <torch/torch.h>

namespace vidqa::data {
namespace {

using Questions = std::vector<const Question*>;
using Ids = std::vector<int64_t>;

/// Sequences padded to the longest, and their lengths.
struct Padded {
  torch::Tensor values;
  torch::Tensor lengths;
};

/// Texts of `per_question` sequences a question, one question after the other: (B * per_question,
/// L).
Padded pad_texts(const std::vector<const Ids*>& texts, const Questions& questions) {
  const size_t per_question = texts.size() / questions.size();
  size_t longest = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    TORCH_CHECK(!texts[i]->empty(), "collate: question ", questions[i / per_question]->id,
                " has a text without words");
    longest = std::max(longest, texts[i]->size());
  }
  const auto count = static_cast<int64_t>(texts.size());
  Padded padded{torch::zeros({count, static_cast<int64_t>(longest)}, torch::kInt64),
                torch::zeros({count}, torch::kInt64)};
  auto values = padded.values.accessor<int64_t, 2>();
  auto lengths = padded.lengths.accessor<int64_t, 1>();
  for (int64_t i = 0; i < count; ++i) {
    const Ids& ids = *texts[static_cast<size_t>(i)];
    lengths[i] = static_cast<int64_t>(ids.size());
    std::copy(ids.begin(), ids.end(), values[i].data());
  }
  return padded;
}

/// The same for candidates: (B, A, L) and (B, A).
Padded pad_candidates(const Questions& questions, std::vector<Ids> Question::*member) {
  const size_t num_texts = (questions.front()->*member).size();
  std::vector<const Ids*> texts;
  for (const Question* question : questions) {
    const std::vector<Ids>& candidates = question->*member;
    TORCH_CHECK(candidates.size() == num_texts && num_texts > 0, "collate: question ", question->id,
                " has ", candidates.size(), " texts, the others of the batch have ", num_texts);
    for (const Ids& ids : candidates) texts.push_back(&ids);
  }
  const Padded flat = pad_texts(texts, questions);
  const auto size = static_cast<int64_t>(questions.size());
  const auto answers = static_cast<int64_t>(num_texts);
  return {flat.values.view({size, answers, -1}), flat.lengths.view({size, answers})};
}

/// Rows (n, D) each: (B, T, D) and (B).
Padded pad_rows(const std::vector<torch::Tensor>& rows) {
  const auto size = static_cast<int64_t>(rows.size());
  int64_t longest = 0;
  for (const torch::Tensor& clip : rows) longest = std::max(longest, clip.size(0));
  Padded padded{torch::zeros({size, longest, rows.front().size(1)}),
                torch::zeros({size}, torch::kInt64)};
  auto lengths = padded.lengths.accessor<int64_t, 1>();
  for (int64_t b = 0; b < size; ++b) {
    const torch::Tensor& clip = rows[static_cast<size_t>(b)];
    padded.values[b].narrow(0, 0, clip.size(0)).copy_(clip);
    lengths[b] = clip.size(0);
  }
  return padded;
}

/// Steps T - n .. T - 1 of every clip, moved to 0 .. n - 1 (VideoShift::kAsHmeTvqa).
void shift_to_the_last_steps(Padded& rows) {
  const int64_t steps = rows.values.size(1);
  auto lengths = rows.lengths.accessor<int64_t, 1>();
  for (int64_t b = 0; b < rows.values.size(0); ++b) {
    const torch::Tensor clip = rows.values[b];  // (T, D)
    const torch::Tensor seen = clip.narrow(0, steps - lengths[b], lengths[b]).clone();
    clip.zero_();
    clip.narrow(0, 0, lengths[b]).copy_(seen);
  }
}

void collate_text(const Questions& questions, models::Batch& batch) {
  const Padded texts = pad_candidates(questions, &Question::word_ids);
  batch.text = texts.values;           // (B, A, L)
  batch.text_lengths = texts.lengths;  // (B, A)
  if (questions.front()->question_ids.empty()) return;

  std::vector<const Ids*> question_ids;
  for (const Question* question : questions) question_ids.push_back(&question->question_ids);
  const Padded words = pad_texts(question_ids, questions);
  batch.question = words.values;           // (B, L)
  batch.question_lengths = words.lengths;  // (B)
  const Padded answers = pad_candidates(questions, &Question::answer_ids);
  batch.answers = answers.values;          // (B, A, L)
  batch.answer_lengths = answers.lengths;  // (B, A)
}

void collate_text_streams(const Questions& questions, models::Batch& batch) {
  for (const auto& [name, first] : questions.front()->text_streams) {
    std::vector<const Ids*> texts;
    for (const Question* question : questions) {
      const auto found = question->text_streams.find(name);
      TORCH_CHECK(found != question->text_streams.end(), "collate: question ", question->id,
                  " lacks the stream ", name, " that the others of the batch have");
      texts.push_back(&found->second);
    }
    Padded ids = pad_texts(texts, questions);
    batch.streams.push_back({name, ids.values, ids.lengths});
  }
}

void collate_clips(const std::vector<VideoFeatures::Clip>& clips,
                   const std::vector<std::string>& stream_names, VideoShift shift,
                   models::Batch& batch) {
  const auto rows_of = [&](const auto& member) {
    std::vector<torch::Tensor> rows;
    for (const VideoFeatures::Clip& clip : clips) rows.push_back(member(clip));
    return pad_rows(rows);
  };
  if (clips.front().appearance.defined()) {
    Padded appearance = rows_of([](const auto& clip) { return clip.appearance; });
    Padded motion = rows_of([](const auto& clip) { return clip.motion; });
    if (shift == VideoShift::kAsHmeTvqa) {
      shift_to_the_last_steps(appearance);
      shift_to_the_last_steps(motion);
    }
    batch.appearance = appearance.values;  // (B, T, Da)
    batch.motion = motion.values;          // (B, T, Dm)
    batch.video_lengths = appearance.lengths;
  }
  for (size_t s = 0; s < clips.front().streams.size(); ++s) {
    const Padded rows = rows_of([&](const auto& clip) { return clip.streams.at(s); });
    batch.streams.push_back({stream_names.at(s), rows.values, rows.lengths});  // (B, T, D)
  }
}

}  // namespace

models::Batch collate(const Questions& questions, models::Task task,
                      const std::vector<VideoFeatures::Clip>& clips,
                      const std::vector<std::string>& stream_names, VideoShift shift) {
  TORCH_CHECK(!questions.empty(), "collate: a batch needs at least one question");
  TORCH_CHECK(clips.empty() || clips.size() == questions.size(), "collate: ", questions.size(),
              " questions need as many clips or none, got ", clips.size());
  models::Batch batch;
  collate_text(questions, batch);
  collate_text_streams(questions, batch);
  if (!clips.empty()) collate_clips(clips, stream_names, shift, batch);
  std::vector<int64_t> labels;
  labels.reserve(questions.size());
  for (const Question* question : questions) labels.push_back(question->label);
  batch.labels = torch::tensor(labels, torch::kInt64);
  if (task == models::Task::kCount) batch.labels = batch.labels.to(torch::kFloat32);
  return batch;
}

}  // namespace vidqa::data
