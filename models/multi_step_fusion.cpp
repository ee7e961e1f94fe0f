#include "models/multi_step_fusion.h"

#include <torch/torch.h>

namespace vidqa::models {
namespace {

constexpr int kRounds = 3;

}  // namespace

MultiStepFusion::MultiStepFusion(torch::nn::Module& owner, const ModelConfig& config)
    : hidden_encoder_1_(owner.register_module("hidden_encoder_1",
                                              torch::nn::Linear(2 * config.hidden, config.hidden))),
      hidden_encoder_2_(owner.register_module("hidden_encoder_2",
                                              torch::nn::Linear(2 * config.hidden, config.hidden))),
      lstm_mm_1_(owner.register_module("lstm_mm_1", LstmCell(config.hidden, config.hidden))),
      lstm_mm_2_(owner.register_module("lstm_mm_2", LstmCell(config.hidden, config.hidden))),
      mm_att_(owner.register_module(
          "mm_att", ModalityAttention(config.hidden, config.fusion, config.hme_init))),
      dropout_(owner.register_module("dropout", torch::nn::Dropout(config.dropout))) {}

torch::Tensor MultiStepFusion::forward(const torch::Tensor& last_states,
                                       const RaggedSequence& video_memory,
                                       const RaggedSequence& text_memory) {
  const KeyedMemories memories = mm_att_->prepare(video_memory, text_memory);
  LstmState state_1 = lstm_mm_1_->zero_state(last_states.size(0));
  LstmState state_2 = state_1;
  torch::Tensor x = dropout_(hidden_encoder_1_(last_states).tanh());  // (N, h)
  for (int round = 1;; ++round) {
    state_1 = lstm_mm_1_->step(lstm_mm_1_->project(x), state_1);
    state_2 = lstm_mm_2_->step(lstm_mm_2_->project(state_1.h), state_2);
    if (round == kRounds) return torch::cat({state_1.h, state_2.h}, 1);
    const torch::Tensor read = mm_att_(state_2.h, memories);  // (N, h)
    x = dropout_(hidden_encoder_2_(torch::cat({state_2.h, read}, 1)).tanh());
  }
}

}  // namespace vidqa::models
