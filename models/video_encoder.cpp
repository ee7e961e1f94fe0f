#include "models/video_encoder.h"

#include <vector>

#include <torch/torch.h>

namespace vidqa::models {

torch::Tensor for_each_answer(const torch::Tensor& x, int64_t num_answers) {
  if (num_answers == 1) return x;
  std::vector<int64_t> shape = x.sizes().vec();
  shape.insert(shape.begin() + 1, num_answers);
  return x.unsqueeze(1).expand(shape).flatten(0, 1);  // its gradient is a plain sum
}

StackedState for_each_answer(const StackedState& state, int64_t num_answers) {
  const auto repeated = [num_answers](const LstmState& layer) {
    return LstmState{for_each_answer(layer.h, num_answers), for_each_answer(layer.c, num_answers)};
  };
  return {repeated(state.layer_1), repeated(state.layer_2)};
}

VideoEncoder::VideoEncoder(torch::nn::Module& owner, const std::string& suffix, int64_t width,
                           int64_t hidden)
    : layer_1_(owner.register_module("lstm_video_1" + suffix, LstmCell(width, hidden))),
      layer_2_(owner.register_module("lstm_video_2" + suffix, LstmCell(hidden, hidden))) {}

StackedOutput VideoEncoder::run(const torch::Tensor& rows, const torch::Tensor& lengths,
                                const StackedState& start) const {
  const int64_t num_answers = start.layer_1.h.size(0) / rows.size(0);
  return run_stacked_lstm(layer_1_, layer_2_, for_each_answer(layer_1_->project(rows), num_answers),
                          for_each_answer(lengths, num_answers), start);
}

LstmStack VideoEncoder::stack(const torch::Tensor& rows) const {
  return {layer_1_, layer_2_, layer_1_->project(rows)};
}

StackedState VideoEncoder::zero_state(int64_t num_clips) const {
  return {layer_1_->zero_state(num_clips), layer_2_->zero_state(num_clips)};
}

}  // namespace vidqa::models
