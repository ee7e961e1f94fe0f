#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace vidqa::models {

/// State of an LSTM cell, both (N, H).
struct LstmState {
  torch::Tensor h;
  torch::Tensor c;
};

/// torch.nn.LSTMCell with its names, shapes and initial values: gates in the order input, forget,
/// cell, output.
///
/// The product with the input does not depend on the recurrence, so it is a call of its own, made
/// once for all steps.
class LstmCellImpl : public torch::nn::Module {
 public:
  LstmCellImpl(int64_t input_size, int64_t hidden_size);

  /// x (..., input) -> (..., 4H): x W_ih' + b_ih + b_hh.
  torch::Tensor project(const torch::Tensor& x) const;
  /// `projected` (N, 4H) -> the next state.
  LstmState step(const torch::Tensor& projected, const LstmState& state) const;
  LstmState zero_state(int64_t batch_size) const;

  torch::Tensor weight_ih;  ///< (4H, input)
  torch::Tensor weight_hh;  ///< (4H, H)
  torch::Tensor bias_ih;    ///< (4H)
  torch::Tensor bias_hh;    ///< (4H)
};
TORCH_MODULE(LstmCell);

struct LstmOutput {
  torch::Tensor hidden;  ///< (N, T, H); beyond a length: of no meaning
  LstmState last;        ///< after the last step of each sequence
};

/// Runs a cell over padded sequences: projected (N, T, 4H) from LstmCell::project, lengths (N)
/// int64, each in 1..T.
LstmOutput run_lstm(const LstmCell& cell, const torch::Tensor& projected,
                    const torch::Tensor& lengths, const LstmState& start);

/// States of two stacked cells.
struct StackedState {
  LstmState layer_1;
  LstmState layer_2;
  /// [layer 1; layer 2] hidden (N, 2H).
  torch::Tensor hidden() const;
};

struct StackedOutput {
  torch::Tensor hidden_1;  ///< (N, T, H), as in LstmOutput
  torch::Tensor hidden_2;  ///< (N, T, H)
  StackedState last;
  /// [layer 1; layer 2] hidden of every step (N, T, 2H).
  torch::Tensor hidden() const;
};

/// Runs two stacked cells; `projected` (N, T, 4H) is of the first one.
StackedOutput run_stacked_lstm(const LstmCell& first, const LstmCell& second,
                               const torch::Tensor& projected, const torch::Tensor& lengths,
                               const StackedState& start);

}  // namespace vidqa::models
