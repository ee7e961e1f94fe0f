#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/lstm.h"
#include "tests/models/threads.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

constexpr int64_t kInput = 3;
constexpr int64_t kCandidates = 2;

/// Lengths of the clips, hidden width, stacks, threads.
class Stacks
    : public ::testing::TestWithParam<std::tuple<std::vector<int64_t>, int64_t, size_t, int>> {
 protected:
  Stacks()
      : contexts_(std::get<0>(GetParam())),
        layout_(contexts_.repeated(kCandidates)),
        hidden_(std::get<1>(GetParam())),
        threads_(std::get<3>(GetParam())) {
    torch::manual_seed(7);
  }

  /// Everything that a model reads of a stack.
  static std::vector<Tensor> parts_of(const StackedOutput& output) {
    return {output.hidden_1,       output.hidden_2,       output.last.layer_1.h,
            output.last.layer_1.c, output.last.layer_2.h, output.last.layer_2.c};
  }

  void expect_composition(torch::Dtype dtype, double tolerance, bool with_start) {
    const auto random = [&](std::vector<int64_t> sizes) {
      return torch::randn(sizes, dtype).requires_grad_();
    };
    std::vector<LstmStack> stacks;
    std::vector<Tensor> leaves;
    for (size_t i = 0; i < std::get<2>(GetParam()); ++i) {
      LstmStack stack = {LstmCell(kInput, hidden_), LstmCell(hidden_, hidden_),
                         random({contexts_.rows(), 4 * hidden_})};
      stack.first->to(dtype);
      stack.second->to(dtype);
      leaves.insert(leaves.end(),
                    {stack.projected, stack.first->weight_hh, stack.second->weight_ih,
                     stack.second->weight_hh, stack.second->bias_ih, stack.second->bias_hh});
      stacks.push_back(stack);
    }
    StackedState start;
    if (with_start) {
      // The cell of layer 2 from zeros.
      for (Tensor* state : {&start.layer_1.h, &start.layer_1.c, &start.layer_2.h}) {
        *state = random({layout_.sequences(), hidden_});
        leaves.push_back(*state);
      }
    }

    std::vector<Tensor> actual;
    std::vector<Tensor> expected;
    const Tensor lengths = torch::tensor(layout_.lengths(), torch::kInt64);
    const std::vector<StackedOutput> outputs = run_stacks(stacks, contexts_, kCandidates, start);
    for (size_t i = 0; i < stacks.size(); ++i) {
      for (const Tensor& part : parts_of(outputs[i])) actual.push_back(part);
      StackedOutput want = compose_stacked_lstm(
          stacks[i].first, stacks[i].second,
          layout_.pad(contexts_.repeat(stacks[i].projected, kCandidates)), lengths, start);
      want.hidden_1 = layout_.unpad(want.hidden_1);
      want.hidden_2 = layout_.unpad(want.hidden_2);
      for (const Tensor& part : parts_of(want)) expected.push_back(part);
    }
    ASSERT_EQ(actual.size(), expected.size());
    Tensor loss_actual = torch::zeros({}, dtype);
    Tensor loss_expected = torch::zeros({}, dtype);
    for (size_t i = 0; i < actual.size(); ++i) {
      EXPECT_LE(relative_error(actual[i], expected[i]), tolerance) << "output " << i;
      const Tensor weights = torch::randn_like(expected[i]);
      loss_actual = loss_actual + (actual[i] * weights).sum();
      loss_expected = loss_expected + (expected[i] * weights).sum();
    }
    const auto gradients = torch::autograd::grad({loss_actual}, leaves);
    const auto wanted = torch::autograd::grad({loss_expected}, leaves);
    for (size_t i = 0; i < leaves.size(); ++i)
      EXPECT_LE(relative_error(gradients[i], wanted[i], 1e-3), 20 * tolerance) << "gradient " << i;
  }

  RowLayout contexts_;
  RowLayout layout_;
  int64_t hidden_;
  testing::Threads threads_;
};

TEST_P(Stacks, AreTheCompositionFromAStateInDoublePrecision) {
  expect_composition(torch::kFloat64, 1e-13, true);
}

TEST_P(Stacks, AreTheCompositionFromZerosInDoublePrecision) {
  expect_composition(torch::kFloat64, 1e-13, false);
}

TEST_P(Stacks, AreTheCompositionFromAStateInSinglePrecision) {
  expect_composition(torch::kFloat32, 2e-6, true);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Stacks,
                         ::testing::Combine(::testing::Values(std::vector<int64_t>{1},
                                                              std::vector<int64_t>{5, 5},
                                                              std::vector<int64_t>{3, 1, 7, 2, 7}),
                                            ::testing::Values(1, 16, 21, 70),
                                            ::testing::Values(1, 2), ::testing::Values(1, 2, 5)));

TEST(StackedOutputs, LeaveOutGradientsOfOutputsThatNobodyReads) {
  torch::manual_seed(8);
  const RowLayout layout(std::vector<int64_t>{2, 4});
  const LstmStack stack = {LstmCell(3, 4), LstmCell(4, 4), torch::randn({6, 16}).requires_grad_()};
  const Tensor lengths = torch::tensor({2, 4}, torch::kInt64);
  const auto gradient = [&](const StackedOutput& output) {
    return torch::autograd::grad({output.last.layer_1.c.sum()}, {stack.projected})[0];
  };
  const Tensor want =
      gradient(compose_stacked_lstm(stack.first, stack.second, layout.pad(stack.projected), lengths,
                                    {{torch::zeros({2, 4}), torch::zeros({2, 4})},
                                     {torch::zeros({2, 4}), torch::zeros({2, 4})}}));
  EXPECT_LE(relative_error(gradient(run_stacks({stack}, layout, 1, {})[0]), want), 1e-5);
}

}  // namespace
}  // namespace vidqa::models
