#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "models/gate_sum.h"
#include "models/ragged.h"

namespace vidqa::models {

/// A bidirectional LSTM layer over sequences without padding, torch.nn.LSTM(bidirectional=True)
/// with its names, shapes, gate order and initial values.
///
/// On the CPU in float32 and float64 it is our own: the input's products are GEMMs over all steps
/// of both directions (GateSum), the recurrence computes no padding (models/cpu/lstm_steps.h), and
/// the backward pass is written out with one GEMM for each weight. Elsewhere it is Torch's
/// (cuDNN), which is also the oracle of the tests.
class BidirectionalLstmImpl : public torch::nn::Module {
 public:
  BidirectionalLstmImpl(int64_t input_size, int64_t hidden_size);

  /// x (R, input), rows of `layout` -> (R, 2 hidden): both directions side by side.
  torch::Tensor forward(const torch::Tensor& x, const RowLayout& layout);
  /// As forward(), then the maximum over each sequence: (N, 2 hidden).
  torch::Tensor forward_max(const torch::Tensor& x, const RowLayout& layout);

  /// Columns begin ... begin + count - 1 of both directions' input weights, and the sum of their
  /// biases, in the order of the recurrence: (G, count) and (G). torch::linear with them gives what
  /// GateSum calls gates.
  torch::Tensor input_weight(int64_t begin, int64_t count) const;
  torch::Tensor input_bias() const;

  /// forward_max() of an input of which GateSum knows the parts; inputs as there. Only where
  /// fusion::has_cpu_kernels().
  torch::Tensor run_max(GateSum sum, std::vector<torch::Tensor> inputs);

  int64_t input_size() const { return weight_ih_l0.size(1); }
  int64_t hidden_size() const { return weight_hh_l0.size(1); }

  torch::Tensor weight_ih_l0;  ///< (4H, input)
  torch::Tensor weight_hh_l0;  ///< (4H, H)
  torch::Tensor bias_ih_l0;    ///< (4H)
  torch::Tensor bias_hh_l0;    ///< (4H)
  torch::Tensor weight_ih_l0_reverse;
  torch::Tensor weight_hh_l0_reverse;
  torch::Tensor bias_ih_l0_reverse;
  torch::Tensor bias_hh_l0_reverse;

  /// forward() and forward_max() where there is no kernel.
  torch::Tensor forward_packed(const torch::Tensor& x, const RowLayout& layout) const;
  torch::Tensor forward_packed_max(const torch::Tensor& x, const RowLayout& layout) const;

 private:
  torch::Tensor run_packed(const torch::Tensor& x, const RowLayout& layout) const;
  torch::Tensor recurrent_weight() const;
};
TORCH_MODULE(BidirectionalLstm);

}  // namespace vidqa::models
