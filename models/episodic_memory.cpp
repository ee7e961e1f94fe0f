#include "models/episodic_memory.h"

#include <memory>

#include <torch/torch.h>

namespace vidqa::models {

using torch::nn::Linear;

AttentionGruImpl::AttentionGruImpl(int64_t width) {
  const auto cell = register_module("AGRUCell", std::make_shared<torch::nn::Module>("AGRUCell"));
  fact_to_reset_ = cell->register_module("Wr", Linear(width, width));
  state_to_reset_ = cell->register_module("Ur", Linear(width, width));
  fact_ = cell->register_module("W", Linear(width, width));
  state_ = cell->register_module("U", Linear(width, width));
}

torch::Tensor AttentionGruImpl::project(const torch::Tensor& facts) const {
  return torch::linear(facts, torch::cat({fact_to_reset_->weight, fact_->weight}),
                       torch::cat({fact_to_reset_->bias, fact_->bias}));
}

torch::Tensor AttentionGruImpl::forward(const torch::Tensor& projected,
                                        const torch::Tensor& gates) const {
  const auto of_facts = projected.unbind(1);               // T of (N, 2w)
  const auto gate_of_step = gates.unsqueeze(2).unbind(1);  // T of (N, 1)
  const torch::Tensor weight = torch::cat({state_to_reset_->weight, state_->weight}).t();
  const torch::Tensor bias = torch::cat({state_to_reset_->bias, state_->bias});
  torch::Tensor c = torch::zeros({projected.size(0), projected.size(2) / 2}, projected.options());
  for (size_t t = 0; t < of_facts.size(); ++t) {
    const auto of_fact = of_facts[t].chunk(2, 1);
    const auto of_state = torch::addmm(bias, c, weight).chunk(2, 1);
    const torch::Tensor reset = (of_fact[0] + of_state[0]).sigmoid();
    const torch::Tensor candidate = (of_fact[1] + reset * of_state[1]).tanh();
    c = gate_of_step[t] * candidate + (1 - gate_of_step[t]) * c;
  }
  return c;
}

EpisodicMemoryImpl::EpisodicMemoryImpl(int64_t width)
    : z1_(register_module("z1", Linear(4 * width, width))),
      z2_(register_module("z2", Linear(width, 1))),
      gru_(register_module("AGRU", AttentionGru(width))),
      next_memory_(register_module("next_mem", Linear(3 * width, width))) {}

Facts EpisodicMemoryImpl::prepare(const Sequence& facts) const {
  return {facts, gru_->project(facts.values)};
}

torch::Tensor EpisodicMemoryImpl::gates(const Facts& facts, const torch::Tensor& context,
                                        const torch::Tensor& memory) {
  const torch::Tensor& rows = facts.rows.values;  // (N, T, w)
  const torch::Tensor p = context.unsqueeze(1);
  const torch::Tensor m = memory.unsqueeze(1);
  const torch::Tensor likeness =
      torch::cat({rows * p, rows * m, (rows - p).abs(), (rows - m).abs()}, 2);  // (N, T, 4w)
  const torch::Tensor scores = z2_(z1_(likeness).tanh()).squeeze(2);            // (N, T)
  return masked_softmax(scores, facts.rows.valid);
}

torch::Tensor EpisodicMemoryImpl::forward(const Facts& facts, const torch::Tensor& context,
                                          const torch::Tensor& memory) {
  const torch::Tensor episode =
      gru_->forward(facts.projected, gates(facts, context, memory));  // (N, w)
  return next_memory_(torch::cat({memory, episode, context}, 1)).relu();
}

}  // namespace vidqa::models
