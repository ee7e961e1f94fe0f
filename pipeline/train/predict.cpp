#include <algorithm>
#include <cmath>
#include <numeric>

#include <torch/utils.h>

#include "models/answer_head.h"
#include "pipeline/train/trainer.h"

namespace vidqa::train {
namespace {

constexpr size_t kKeptClasses = 5;

/// The best classes with their scores, the lower id first on ties.
std::vector<std::pair<std::string, double>> best_classes(const std::vector<double>& scores,
                                                         const std::vector<std::string>& answers) {
  std::vector<size_t> ids(scores.size());
  std::iota(ids.begin(), ids.end(), 0);
  const size_t kept = std::min(kKeptClasses, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept), ids.end(),
                    [&](size_t a, size_t b) {
                      return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
                    });
  std::vector<std::pair<std::string, double>> best;
  for (size_t i = 0; i < kept; ++i) best.emplace_back(answers.at(ids[i]), scores[ids[i]]);
  return best;
}

/// `scores` (C), (A) or (1) of one question; `choice` as predict_answer() gives it.
Prediction describe(const data::Question& question, models::Task task,
                    const std::vector<std::string>& answers, const std::vector<double>& scores,
                    int64_t choice) {
  for (const double score : scores)
    TORCH_CHECK(std::isfinite(score), "predict: the model gives a score of ", score,
                " to question '", question.id, "'");
  Prediction p;
  p.question_id = question.id;
  p.video = question.video;
  p.type = question.type;
  p.question = question.text;
  p.correct = choice == question.label;
  switch (task) {
    case models::Task::kOpenEnded:
      p.prediction = answers.at(static_cast<size_t>(choice));
      p.gold = question.answer;
      p.raw_score = scores.at(static_cast<size_t>(choice));
      p.scores = best_classes(scores, answers);
      break;
    case models::Task::kMultipleChoice:
      p.prediction = question.candidates.at(static_cast<size_t>(choice));
      p.gold = question.answer;
      p.raw_score = scores.at(static_cast<size_t>(choice));
      for (size_t a = 0; a < scores.size(); ++a)
        p.scores.emplace_back(question.candidates.at(a), scores[a]);
      break;
    case models::Task::kCount:
      p.prediction = std::to_string(choice);
      p.gold = std::to_string(question.label);
      p.raw_score = scores.at(0);
      break;
  }
  return p;
}

/// Of a batch; `predictions` are those of its questions.
void add_stream_scores(const models::Output& output, Prediction* predictions) {
  for (const auto& [stream, scores] : output.stream_scores) {
    const torch::Tensor rows = scores.to(torch::kCPU, torch::kFloat64).contiguous();
    for (int64_t i = 0; i < rows.size(0); ++i) {
      const double* row = rows.data_ptr<double>() + i * rows.size(1);
      predictions[i].stream_scores[stream] = {row, row + rows.size(1)};
    }
  }
}

/// Of a batch, where the model gives it; `indices` are those of its questions in the data set.
void add_attention(const models::Output& output, const models::Batch& batch,
                   const data::QaDataset& dataset, const std::vector<int64_t>& indices,
                   Prediction* predictions) {
  if (!output.attention.defined()) return;
  const torch::Tensor rows = output.attention.to(torch::kCPU, torch::kFloat64).contiguous();
  const torch::Tensor lengths = batch.video_lengths.to(torch::kCPU).contiguous();
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const double* row = rows.data_ptr<double>() + i * rows.size(1);
    FrameAttention attention;
    attention.weights = {row, row + lengths.data_ptr<int64_t>()[i]};
    attention.seconds = dataset.seconds(indices[static_cast<size_t>(i)]);
    // A question that sees no row of its clip reads one of zeros, which has no time.
    if (attention.seconds.size() != attention.weights.size()) attention.seconds.clear();
    predictions[i].attention = std::move(attention);
  }
}

}  // namespace

std::vector<Prediction> predict(
    models::Model& model, const data::QaDataset& dataset, const std::vector<std::string>& answers,
    int64_t batch_size, torch::Device device,
    const std::function<void(int64_t done, int64_t total)>& on_progress) {
  TORCH_CHECK(batch_size > 0, "predict: batch size must be at least 1, got ", batch_size);
  const torch::NoGradGuard no_grad;
  model.eval();
  std::vector<Prediction> predictions;
  predictions.reserve(static_cast<size_t>(dataset.size()));
  for (int64_t first = 0; first < dataset.size(); first += batch_size) {
    std::vector<int64_t> indices(static_cast<size_t>(std::min(batch_size, dataset.size() - first)));
    std::iota(indices.begin(), indices.end(), first);
    const models::Batch batch = dataset.batch(indices).to(device);
    const models::Output output = model.forward(batch);
    const torch::Tensor scores = output.scores.to(torch::kCPU);  // (B, C), (B, A) or (B, 1)
    const torch::Tensor choices = models::predict_answer(dataset.task(), scores).contiguous();
    const torch::Tensor rows = scores.to(torch::kFloat64).contiguous();
    for (int64_t i = 0; i < rows.size(0); ++i) {
      const double* row = rows.data_ptr<double>() + i * rows.size(1);
      predictions.push_back(describe(dataset.question(indices[static_cast<size_t>(i)]),
                                     dataset.task(), answers, {row, row + rows.size(1)},
                                     choices.data_ptr<int64_t>()[i]));
    }
    add_stream_scores(output, predictions.data() + first);
    add_attention(output, batch, dataset, indices, predictions.data() + first);
    if (on_progress) on_progress(first + rows.size(0), dataset.size());
  }
  return predictions;
}

}  // namespace vidqa::train
