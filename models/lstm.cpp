#include "models/lstm.h"

#include <cmath>
#include <vector>

#include <torch/torch.h>

#include "models/sequence.h"

namespace vidqa::models {

LstmCellImpl::LstmCellImpl(int64_t input_size, int64_t hidden_size)
    : weight_ih(register_parameter("weight_ih", torch::empty({4 * hidden_size, input_size}))),
      weight_hh(register_parameter("weight_hh", torch::empty({4 * hidden_size, hidden_size}))),
      bias_ih(register_parameter("bias_ih", torch::empty({4 * hidden_size}))),
      bias_hh(register_parameter("bias_hh", torch::empty({4 * hidden_size}))) {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size));
  for (torch::Tensor& parameter : parameters()) torch::nn::init::uniform_(parameter, -bound, bound);
}

torch::Tensor LstmCellImpl::project(const torch::Tensor& x) const {
  return torch::linear(x, weight_ih, bias_ih + bias_hh);
}

LstmState LstmCellImpl::step(const torch::Tensor& projected, const LstmState& state) const {
  const auto gates = torch::addmm(projected, state.h, weight_hh.t()).chunk(4, 1);  // each (N, H)
  const torch::Tensor input = gates[0].sigmoid();
  const torch::Tensor forget = gates[1].sigmoid();
  const torch::Tensor cell = gates[2].tanh();
  const torch::Tensor output = gates[3].sigmoid();
  const torch::Tensor c = torch::addcmul(forget * state.c, input, cell);
  return {output * c.tanh(), c};
}

LstmState LstmCellImpl::zero_state(int64_t batch_size) const {
  const torch::Tensor zeros = torch::zeros({batch_size, weight_hh.size(1)}, weight_hh.options());
  return {zeros, zeros};
}

LstmOutput run_lstm(const LstmCell& cell, const torch::Tensor& projected,
                    const torch::Tensor& lengths, const LstmState& start) {
  std::vector<torch::Tensor> hidden;
  std::vector<torch::Tensor> cells;
  LstmState state = start;
  // unbind, not select: its backward is one stack, while the backward of every select makes a
  // gradient of the size of all steps.
  for (const torch::Tensor& step : projected.unbind(1)) {
    state = cell->step(step, state);
    hidden.push_back(state.h);
    cells.push_back(state.c);
  }
  // Steps beyond a length change only what nobody reads, so nothing has to be frozen there: the
  // last state is the one at the length.
  const torch::Tensor all_hidden = torch::stack(hidden, 1);  // (N, T, H)
  return {all_hidden, {last_step(all_hidden, lengths), last_step(torch::stack(cells, 1), lengths)}};
}

torch::Tensor StackedState::hidden() const { return torch::cat({layer_1.h, layer_2.h}, 1); }

torch::Tensor StackedOutput::hidden() const { return torch::cat({hidden_1, hidden_2}, 2); }

StackedOutput run_stacked_lstm(const LstmCell& first, const LstmCell& second,
                               const torch::Tensor& projected, const torch::Tensor& lengths,
                               const StackedState& start) {
  const LstmOutput layer_1 = run_lstm(first, projected, lengths, start.layer_1);
  const LstmOutput layer_2 =
      run_lstm(second, second->project(layer_1.hidden), lengths, start.layer_2);
  return {layer_1.hidden, layer_2.hidden, {layer_1.last, layer_2.last}};
}

}  // namespace vidqa::models
