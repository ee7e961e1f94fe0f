#include "models/lstm.h"

#include <cmath>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/fused_lstm.h"
#include "models/sequence.h"

namespace vidqa::models {
namespace {

/// Gates of one layer of all chains (rows of contexts, 4H) each, and its cells, to h of every row
/// and the last state, by chain.
struct LayerOutput {
  std::vector<torch::Tensor> hidden;
  std::vector<LstmState> last;
};

LayerOutput run_layer(const std::vector<torch::Tensor>& projected,
                      const std::vector<LstmCell>& cells, const RowLayout& contexts, int64_t fan,
                      const LstmState& start) {
  const size_t chains = cells.size();
  std::vector<torch::Tensor> weights;
  for (const LstmCell& cell : cells) weights.push_back(cell->weight_hh);
  FusedLstm spec;
  spec.sum.contexts = contexts;
  spec.sum.fan = fan;
  spec.hidden = weights[0].size(1);
  spec.result = FusedLstm::Result::kStates;
  spec.reversed.assign(chains, false);
  std::vector<torch::Tensor> inputs(GateSum::kInputs);
  inputs[GateSum::kShared] = arrange_gates(projected, 1);
  inputs.push_back(arrange_gates(weights, 0));
  if (start.h.defined() || start.c.defined()) {
    inputs.push_back(start.h);
    inputs.push_back(start.c);
  }
  const std::vector<torch::Tensor> states = FusedLstm::apply(std::move(spec), std::move(inputs));
  const RowLayout layout = contexts.repeated(fan);
  LayerOutput output;
  for (size_t chain = 0; chain < chains; ++chain) {
    output.hidden.push_back(states[chain]);
    output.last.push_back({layout.last(states[chain]), states[chains + chain]});
  }
  return output;
}

/// A cell over padded sequences: hidden (N, T, H) and the last state.
struct LstmOutput {
  torch::Tensor hidden;
  LstmState last;
};

LstmOutput compose_lstm(const LstmCell& cell, const torch::Tensor& projected,
                        const torch::Tensor& lengths, const LstmState& start) {
  std::vector<torch::Tensor> hidden;
  std::vector<torch::Tensor> cells;
  LstmState state = start;
  const LstmState zeros = cell->zero_state(projected.size(0));
  if (!state.h.defined()) state.h = zeros.h;
  if (!state.c.defined()) state.c = zeros.c;
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

}  // namespace

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

torch::Tensor StackedState::hidden() const { return torch::cat({layer_1.h, layer_2.h}, 1); }

torch::Tensor StackedOutput::hidden() const { return torch::cat({hidden_1, hidden_2}, -1); }

std::vector<StackedOutput> run_stacks(const std::vector<LstmStack>& stacks,
                                      const RowLayout& contexts, int64_t fan,
                                      const StackedState& start) {
  TORCH_CHECK(!stacks.empty(), "run_stacks: no stacks");
  const RowLayout layout = contexts.repeated(fan);
  std::vector<StackedOutput> outputs;
  if (!fusion::has_cpu_kernels(stacks[0].projected)) {
    const torch::Tensor lengths = torch::tensor(layout.lengths(), torch::kInt64);
    for (const LstmStack& stack : stacks) {
      const torch::Tensor padded = layout.pad(contexts.repeat(stack.projected, fan));
      StackedOutput output = compose_stacked_lstm(stack.first, stack.second, padded,
                                                  lengths.to(padded.device()), start);
      output.hidden_1 = layout.unpad(output.hidden_1);
      output.hidden_2 = layout.unpad(output.hidden_2);
      outputs.push_back(std::move(output));
    }
    return outputs;
  }
  std::vector<torch::Tensor> projected;
  std::vector<LstmCell> first;
  std::vector<LstmCell> second;
  for (const LstmStack& stack : stacks) {
    projected.push_back(stack.projected);
    first.push_back(stack.first);
    second.push_back(stack.second);
  }
  const LayerOutput layer_1 = run_layer(projected, first, contexts, fan, start.layer_1);
  for (size_t i = 0; i < stacks.size(); ++i) projected[i] = second[i]->project(layer_1.hidden[i]);
  const LayerOutput layer_2 = run_layer(projected, second, layout, 1, start.layer_2);
  for (size_t i = 0; i < stacks.size(); ++i)
    outputs.push_back({layer_1.hidden[i], layer_2.hidden[i], {layer_1.last[i], layer_2.last[i]}});
  return outputs;
}

StackedOutput run_stacked_lstm(const LstmCell& first, const LstmCell& second,
                               const torch::Tensor& projected, const torch::Tensor& lengths,
                               const StackedState& start) {
  if (!fusion::has_cpu_kernels(projected))
    return compose_stacked_lstm(first, second, projected, lengths, start);
  const RowLayout layout(lengths);
  StackedOutput output =
      run_stacks({{first, second, layout.unpad(projected)}}, layout, 1, start)[0];
  output.hidden_1 = layout.pad(output.hidden_1, projected.size(1));
  output.hidden_2 = layout.pad(output.hidden_2, projected.size(1));
  return output;
}

StackedOutput compose_stacked_lstm(const LstmCell& first, const LstmCell& second,
                                   const torch::Tensor& projected, const torch::Tensor& lengths,
                                   const StackedState& start) {
  const LstmOutput layer_1 = compose_lstm(first, projected, lengths, start.layer_1);
  const LstmOutput layer_2 =
      compose_lstm(second, second->project(layer_1.hidden), lengths, start.layer_2);
  return {layer_1.hidden, layer_2.hidden, {layer_1.last, layer_2.last}};
}

}  // namespace vidqa::models
