#include "models/bidirectional_lstm.h"

#include <cmath>
#include <limits>
#include <utility>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/fused_lstm.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

}  // namespace

BidirectionalLstmImpl::BidirectionalLstmImpl(int64_t input_size, int64_t hidden_size) {
  const int64_t gates = 4 * hidden_size;
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size));
  const auto add = [&](const char* name, std::vector<int64_t> sizes) {
    const Tensor values = torch::empty(std::move(sizes)).uniform_(-bound, bound);
    return register_parameter(name, values);
  };
  weight_ih_l0 = add("weight_ih_l0", {gates, input_size});
  weight_hh_l0 = add("weight_hh_l0", {gates, hidden_size});
  bias_ih_l0 = add("bias_ih_l0", {gates});
  bias_hh_l0 = add("bias_hh_l0", {gates});
  weight_ih_l0_reverse = add("weight_ih_l0_reverse", {gates, input_size});
  weight_hh_l0_reverse = add("weight_hh_l0_reverse", {gates, hidden_size});
  bias_ih_l0_reverse = add("bias_ih_l0_reverse", {gates});
  bias_hh_l0_reverse = add("bias_hh_l0_reverse", {gates});
}

Tensor BidirectionalLstmImpl::input_weight(int64_t begin, int64_t count) const {
  return arrange_gates(
      {weight_ih_l0.narrow(1, begin, count), weight_ih_l0_reverse.narrow(1, begin, count)}, 0);
}

Tensor BidirectionalLstmImpl::input_bias() const {
  return arrange_gates({bias_ih_l0 + bias_hh_l0, bias_ih_l0_reverse + bias_hh_l0_reverse}, 0);
}

Tensor BidirectionalLstmImpl::recurrent_weight() const {
  return arrange_gates({weight_hh_l0, weight_hh_l0_reverse}, 0);
}

Tensor BidirectionalLstmImpl::run_max(GateSum sum, std::vector<Tensor> inputs) {
  inputs.push_back(recurrent_weight());
  return FusedLstm::apply({std::move(sum), hidden_size(), FusedLstm::Result::kMaximum},
                          std::move(inputs))[0];
}

Tensor BidirectionalLstmImpl::forward(const Tensor& x, const RowLayout& layout) {
  if (!fusion::has_cpu_kernels(x)) return forward_packed(x, layout);
  GateSum sum;
  sum.contexts = layout;
  return FusedLstm::apply(
      {std::move(sum), hidden_size(), FusedLstm::Result::kAll},
      {input_bias(), x, input_weight(0, input_size()), Tensor(), Tensor(), recurrent_weight()})[0];
}

Tensor BidirectionalLstmImpl::forward_max(const Tensor& x, const RowLayout& layout) {
  if (!fusion::has_cpu_kernels(x)) return forward_packed_max(x, layout);
  GateSum sum;
  sum.contexts = layout;
  return run_max(std::move(sum),
                 {input_bias(), x, input_weight(0, input_size()), Tensor(), Tensor()});
}

Tensor BidirectionalLstmImpl::forward_packed(const Tensor& x, const RowLayout& layout) const {
  return layout.unpad(run_packed(x, layout));
}

Tensor BidirectionalLstmImpl::forward_packed_max(const Tensor& x, const RowLayout& layout) const {
  const Tensor padding = layout.valid(x.device()).logical_not().unsqueeze(2);
  return std::get<0>(
      run_packed(x, layout).masked_fill(padding, -std::numeric_limits<double>::infinity()).max(1));
}

/// (N, T, 2H), padded.
Tensor BidirectionalLstmImpl::run_packed(const Tensor& x, const RowLayout& layout) const {
  const Tensor lengths = torch::tensor(layout.lengths(), torch::kInt64);
  const auto [longest_first, order] = lengths.sort(0, /*descending=*/true);
  const Tensor back = order.argsort().to(x.device());
  const auto [packed, batch_sizes] = torch::_pack_padded_sequence(
      layout.pad(x).index_select(0, order.to(x.device())), longest_first, /*batch_first=*/true);
  const Tensor start = torch::zeros({2, layout.sequences(), hidden_size()}, x.options());
  const Tensor states = std::get<0>(
      torch::lstm(packed, batch_sizes, {start, start},
                  {weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse,
                   weight_hh_l0_reverse, bias_ih_l0_reverse, bias_hh_l0_reverse},
                  /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0.0, is_training(),
                  /*bidirectional=*/true));
  const Tensor padded = std::get<0>(torch::_pad_packed_sequence(
      states, batch_sizes, /*batch_first=*/true, /*padding_value=*/0.0, layout.longest()));
  return padded.index_select(0, back);  // (N, T, 2H)
}

}  // namespace vidqa::models
