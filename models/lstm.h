#pragma once

#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "models/ragged.h"

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

/// States of two stacked cells.
struct StackedState {
  LstmState layer_1;
  LstmState layer_2;
  /// [layer 1; layer 2] hidden (N, 2H).
  torch::Tensor hidden() const;
};

struct StackedOutput {
  /// (N, T, H), what stands beyond a length being of no meaning; or (R, H), rows of a RowLayout.
  torch::Tensor hidden_1;
  torch::Tensor hidden_2;  ///< likewise
  StackedState last;
  /// [layer 1; layer 2] hidden of every step (..., 2H).
  torch::Tensor hidden() const;
};

/// Runs two stacked cells over padded sequences: projected (N, T, 4H) from first->project, lengths
/// (N) int64, each in 1..T.
StackedOutput run_stacked_lstm(const LstmCell& first, const LstmCell& second,
                               const torch::Tensor& projected, const torch::Tensor& lengths,
                               const StackedState& start);

/// Two stacked cells and what the first one reads.
struct LstmStack {
  LstmCell first{nullptr};
  LstmCell second{nullptr};
  torch::Tensor projected;  ///< (rows of contexts, 4H): LstmCell::project, without padding
};

/// Runs stacks of the same width H side by side, each sequence of `contexts` `fan` times, from the
/// same start; undefined tensors of the start are zeros. Output rows are those of
/// contexts.repeated(fan).
///
/// On the CPU in float32 and float64 the recurrence is our own (FusedLstm); elsewhere
/// compose_stacked_lstm() runs each stack.
std::vector<StackedOutput> run_stacks(const std::vector<LstmStack>& stacks,
                                      const RowLayout& contexts, int64_t fan,
                                      const StackedState& start);

/// run_stacked_lstm() step by step with Torch's operators, padding included.
StackedOutput compose_stacked_lstm(const LstmCell& first, const LstmCell& second,
                                   const torch::Tensor& projected, const torch::Tensor& lengths,
                                   const StackedState& start);

}  // namespace vidqa::models
