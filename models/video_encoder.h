#pragma once

#include <string>

#include <torch/nn/module.h>
#include <torch/types.h>

#include "models/lstm.h"

namespace vidqa::models {

/// A clip's row for each of its candidates: (B, ...) -> (B * num_answers, ...).
torch::Tensor for_each_answer(const torch::Tensor& x, int64_t num_answers);
StackedState for_each_answer(const StackedState& state, int64_t num_answers);

/// The video encoder of HME and its relatives: two stacked LSTM cells over rows of features,
/// without projection or dropout before them.
///
/// The published weights name the cells (lstm_video_1, lstm_video_2, each with `suffix`) as the
/// model's own, so this is no module.
class VideoEncoder {
 public:
  /// Registers the cells in `owner`, under their published names.
  VideoEncoder(torch::nn::Module& owner, const std::string& suffix, int64_t width, int64_t hidden);

  /// rows (B, T, width), lengths (B); `start` of N = B * A sequences, the candidates of a clip
  /// after one another -> states (N, T, h). A clip's products with the input weights are made once
  /// for all its candidates.
  StackedOutput run(const torch::Tensor& rows, const torch::Tensor& lengths,
                    const StackedState& start) const;
  /// For run_stacks(), which runs several encoders side by side: rows (R, width) without padding.
  LstmStack stack(const torch::Tensor& rows) const;
  StackedState zero_state(int64_t num_clips) const;

 private:
  LstmCell layer_1_{nullptr};
  LstmCell layer_2_{nullptr};
};

}  // namespace vidqa::models
