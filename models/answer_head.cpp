#include "models/answer_head.h"

#include <torch/torch.h>

namespace vidqa::models {

int64_t num_outputs(const ModelConfig& config) {
  if (config.task != Task::kOpenEnded) return 1;
  TORCH_CHECK(config.num_classes > 0, "model: an open-ended task needs num_classes > 0, got ",
              config.num_classes);
  return config.num_classes;
}

torch::Tensor arrange_scores(const torch::Tensor& scores, int64_t batch_size) {
  return scores.reshape({batch_size, -1});
}

torch::Tensor rows_of_best_answer(const torch::Tensor& rows, const torch::Tensor& scores) {
  const torch::Tensor by_answer = rows.view({scores.size(0), -1, rows.size(1)});  // (B, A, T)
  if (by_answer.size(1) == 1) return by_answer.squeeze(1);
  const torch::Tensor best = scores.argmax(1).view({-1, 1, 1}).expand({-1, 1, rows.size(1)});
  return by_answer.gather(1, best).squeeze(1);
}

torch::Tensor answer_loss(Task task, const torch::Tensor& scores, const torch::Tensor& labels) {
  switch (task) {
    case Task::kOpenEnded:
      return torch::cross_entropy_loss(scores, labels);
    case Task::kMultipleChoice: {
      const int64_t num_wrong = scores.size(1) - 1;
      TORCH_CHECK(num_wrong > 0, "hinge loss: needs at least two candidates, got ", scores.size(1));
      const torch::Tensor right = scores.gather(1, labels.unsqueeze(1));  // (B, 1)
      const torch::Tensor margins =
          (1 + scores - right).clamp_min(0);  // 1 for the right one itself
      const torch::Tensor is_right =
          torch::zeros_like(scores, torch::kBool).scatter_(1, labels.unsqueeze(1), true);
      return margins.masked_fill(is_right, 0).sum() /
             static_cast<double>(scores.size(0) * num_wrong);
    }
    case Task::kCount:
      return torch::mse_loss(scores.squeeze(1), labels.to(scores.dtype()));
  }
  TORCH_CHECK(false, "answer_loss: unknown task");
}

torch::Tensor predict_answer(Task task, const torch::Tensor& scores) {
  if (task == Task::kCount) return scores.squeeze(1).round().clamp(1, 10).to(torch::kInt64);
  return scores.argmax(1);
}

}  // namespace vidqa::models
