#include "models/lstm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/sequence.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::kDoubleRounding;
using vidqa::testing::relative_error;

/// LibTorch's cell with the parameters of ours.
torch::nn::LSTMCell reference_of(const LstmCell& cell) {
  torch::nn::LSTMCell reference(cell->weight_ih.size(1), cell->weight_hh.size(1));
  reference->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  reference->weight_ih.copy_(cell->weight_ih);
  reference->weight_hh.copy_(cell->weight_hh);
  reference->bias_ih.copy_(cell->bias_ih);
  reference->bias_hh.copy_(cell->bias_hh);
  return reference;
}

class StackedLstm : public ::testing::Test {
 protected:
  StackedLstm() {
    torch::manual_seed(1);
    first_ = LstmCell(3, 5);
    second_ = LstmCell(5, 5);
    first_->to(torch::kFloat64);
    second_->to(torch::kFloat64);
    x_ = torch::randn({4, 6, 3}, torch::kFloat64);
    lengths_ = torch::tensor({6, 1, 3, 5}, torch::kInt64);
    for (Tensor* state :
         {&start_.layer_1.h, &start_.layer_1.c, &start_.layer_2.h, &start_.layer_2.c})
      *state = torch::randn({4, 5}, torch::kFloat64);
  }

  LstmCell first_{nullptr};
  LstmCell second_{nullptr};
  Tensor x_;
  Tensor lengths_;
  StackedState start_;
};

TEST_F(StackedLstm, AgreesWithLibTorchRunRowByRowToItsLength) {
  const StackedOutput ours =
      run_stacked_lstm(first_, second_, first_->project(x_), lengths_, start_);
  torch::nn::LSTMCell first = reference_of(first_);
  torch::nn::LSTMCell second = reference_of(second_);
  Tensor loss = torch::zeros({}, torch::kFloat64);
  for (int64_t n = 0; n < x_.size(0); ++n) {
    const auto row = [n](const Tensor& t) { return t.slice(0, n, n + 1); };
    auto state_1 = std::make_tuple(row(start_.layer_1.h), row(start_.layer_1.c));
    auto state_2 = std::make_tuple(row(start_.layer_2.h), row(start_.layer_2.c));
    for (int64_t t = 0; t < lengths_[n].item<int64_t>(); ++t) {
      state_1 = first(x_[n][t].unsqueeze(0), state_1);
      state_2 = second(std::get<0>(state_1), state_2);
      EXPECT_LE(relative_error(ours.hidden_1[n][t], std::get<0>(state_1)[0]), kDoubleRounding);
      EXPECT_LE(relative_error(ours.hidden_2[n][t], std::get<0>(state_2)[0]), kDoubleRounding);
    }
    EXPECT_LE(relative_error(row(ours.last.layer_1.h), std::get<0>(state_1)), kDoubleRounding);
    EXPECT_LE(relative_error(row(ours.last.layer_1.c), std::get<1>(state_1)), kDoubleRounding);
    EXPECT_LE(relative_error(row(ours.last.layer_2.h), std::get<0>(state_2)), kDoubleRounding);
    EXPECT_LE(relative_error(row(ours.last.layer_2.c), std::get<1>(state_2)), kDoubleRounding);
    loss = loss + std::get<0>(state_2).sin().sum() + std::get<1>(state_1).sin().sum();
  }

  (ours.last.layer_2.h.sin().sum() + ours.last.layer_1.c.sin().sum()).backward();
  loss.backward();
  const auto expect_equal_gradients = [](const LstmCell& cell, const torch::nn::LSTMCell& other) {
    const auto gradients = other->named_parameters();
    for (const auto& item : cell->named_parameters())
      EXPECT_LE(relative_error(item.value().grad(), gradients[item.key()].grad()), kDoubleRounding)
          << item.key();
  };
  expect_equal_gradients(first_, first);
  expect_equal_gradients(second_, second);
}

TEST_F(StackedLstm, JoinsTheLayersWithTheFirstOneFirst) {
  const StackedOutput out =
      run_stacked_lstm(first_, second_, first_->project(x_), lengths_, start_);
  EXPECT_TRUE(torch::equal(out.hidden().slice(2, 0, 5), out.hidden_1));
  EXPECT_TRUE(torch::equal(out.hidden().slice(2, 5, 10), out.hidden_2));
  EXPECT_TRUE(torch::equal(out.last.hidden().slice(1, 0, 5), out.last.layer_1.h));
  EXPECT_TRUE(torch::equal(out.last.hidden().slice(1, 5, 10), out.last.layer_2.h));
}

TEST(SoftmaxSum, WeighsTheValidStepsOnly) {
  const Tensor values = torch::tensor({{{1.0}, {3.0}, {1e6}}, {{7.0}, {1e6}, {1e6}}});
  const Tensor valid = valid_steps(torch::tensor({2, 1}, torch::kInt64), 3);
  const Tensor scores = torch::tensor({{0.0, std::log(3.0), 50.0}, {-90.0, 50.0, 50.0}});
  // Row 0: weights 1/4 and 3/4.
  const Tensor expected = torch::tensor({{2.5}, {7.0}});
  EXPECT_LE(relative_error(softmax_sum(scores, {values, valid}), expected), 1e-6);
}

}  // namespace
}  // namespace vidqa::models
