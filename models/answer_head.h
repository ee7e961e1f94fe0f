#pragma once

#include <torch/types.h>

#include "models/model.h"

namespace vidqa::models {

/// Width of the output layer of one text: the answer set for open-ended tasks, else 1.
int64_t num_outputs(const ModelConfig& config);

/// Scores of all texts (B * A, outputs) -> (B, C), (B, A) or (B, 1) as in models::Output.
torch::Tensor arrange_scores(const torch::Tensor& scores, int64_t batch_size);

/// Of what every text has, (B * A, T), the row of the text that has the highest score (the first
/// one on ties): (B, T). scores (B, A), or of any width where A = 1.
torch::Tensor rows_of_best_answer(const torch::Tensor& rows, const torch::Tensor& scores);

/// Loss of the published HME code (spec: fanchenyou/HME-VideoQA), mean over the batch.
/// Open-ended: cross entropy. Count: squared error of the raw score. Multiple choice: hinge, the
/// mean over all B * (A - 1) wrong candidates of max(0, 1 + s_wrong - s_right). scores as in
/// models::Output, labels as in models::Batch; every label must be valid (>= 0). Returns a scalar.
torch::Tensor answer_loss(Task task, const torch::Tensor& scores, const torch::Tensor& labels);

/// Predictions (B) int64: argmax (the first one on ties), or for Count the score rounded half to
/// even and clamped to 1..10.
torch::Tensor predict_answer(Task task, const torch::Tensor& scores);

}  // namespace vidqa::models
