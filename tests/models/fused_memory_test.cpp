#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/memory.h"
#include "tests/models/threads.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

/// Lengths of the sequences, hidden width, slots, threads.
class FusedMemories
    : public ::testing::TestWithParam<std::tuple<std::vector<int64_t>, int64_t, int64_t, int>> {
 protected:
  FusedMemories()
      : layout_(std::get<0>(GetParam())),
        hidden_(std::get<1>(GetParam())),
        slots_(std::get<2>(GetParam())),
        threads_(std::get<3>(GetParam())) {
    torch::manual_seed(5);
  }

  std::vector<Tensor> random_rows(int64_t count) const {
    std::vector<Tensor> inputs;
    for (int64_t i = 0; i < count; ++i) inputs.push_back(torch::randn({layout_.rows(), hidden_}));
    return inputs;
  }

  /// Weights so large that gates open and close, places are chosen and slots decay.
  static void randomise(torch::nn::Module& module) {
    const torch::NoGradGuard no_grad;
    for (Tensor& parameter : module.parameters()) {
      const double scale =
          parameter.dim() == 2 ? 2 / std::sqrt(static_cast<double>(parameter.size(1))) : 0.5;
      parameter.normal_(0, scale);
    }
  }

  using Function = std::function<Tensor(const std::vector<Tensor>& inputs)>;

  /// The result of a function, then the gradients of its inputs and of the module's parameters.
  static std::vector<Tensor> run(torch::nn::Module& module, const std::vector<Tensor>& inputs,
                                 torch::Dtype dtype, const Function& function) {
    module.to(dtype);
    std::vector<Tensor> leaves;
    for (const Tensor& input : inputs)
      leaves.push_back(input.detach().to(dtype, false, /*copy=*/true).requires_grad_());
    const Tensor result = function(leaves);
    for (const Tensor& parameter : module.parameters()) leaves.push_back(parameter);
    torch::manual_seed(7);
    const Tensor weights = torch::randn(result.sizes()).to(dtype);
    std::vector<Tensor> values =
        torch::autograd::grad({(result * weights).sum()}, leaves, {}, {}, false,
                              /*allow_unused=*/true);
    for (size_t i = 0; i < values.size(); ++i)
      if (!values[i].defined()) values[i] = torch::zeros_like(leaves[i]);
    values.insert(values.begin(), result.detach());
    return values;
  }

  /// In double precision both ways agree. In single precision `fused` is as near to that as
  /// `composed`, whose sums cancel and round as well.
  static void expect_equal(torch::nn::Module& module, const std::vector<Tensor>& inputs,
                           torch::Dtype dtype, const Function& fused, const Function& composed) {
    randomise(module);
    const bool is_double = dtype == torch::kFloat64;
    const double rounding = is_double ? 1e-12 : 1e-5;
    const auto actual = run(module, inputs, dtype, fused);
    const auto other = run(module, inputs, dtype, composed);
    const auto want = run(module, inputs, torch::kFloat64, composed);
    for (size_t i = 0; i < want.size(); ++i) {
      const double floor = i == 0 ? 0 : 1e-2;
      const double tolerance = (i == 0 ? 1 : 20) * rounding;
      const double composed_error = relative_error(other[i], want[i], floor);
      EXPECT_LE(relative_error(actual[i], want[i], floor), std::max(tolerance, 4 * composed_error))
          << (i == 0 ? "result" : "gradient ") << i << " of " << want.size() - 1;
    }
  }

  void expect_video_memory(torch::Dtype dtype) const {
    VideoMemory memory(hidden_, slots_);
    expect_equal(
        *memory, random_rows(2), dtype,
        [&](const std::vector<Tensor>& in) { return memory->forward(in[0], in[1], layout_); },
        [&](const std::vector<Tensor>& in) {
          return layout_.unpad(memory->compose(layout_.pad(in[0]), layout_.pad(in[1])));
        });
  }

  void expect_question_memory(torch::Dtype dtype) const {
    QuestionMemory memory(hidden_, slots_);
    expect_equal(
        *memory, random_rows(1), dtype,
        [&](const std::vector<Tensor>& in) { return memory->forward(in[0], layout_); },
        [&](const std::vector<Tensor>& in) {
          return layout_.unpad(memory->compose(layout_.pad(in[0])));
        });
  }

  RowLayout layout_;
  int64_t hidden_;
  int64_t slots_;
  testing::Threads threads_;
};

TEST_P(FusedMemories, VideoMemoryIsTheCompositionInDoublePrecision) {
  expect_video_memory(torch::kFloat64);
}

TEST_P(FusedMemories, VideoMemoryIsTheCompositionInSinglePrecision) {
  expect_video_memory(torch::kFloat32);
}

TEST_P(FusedMemories, QuestionMemoryIsTheCompositionInDoublePrecision) {
  expect_question_memory(torch::kFloat64);
}

TEST_P(FusedMemories, QuestionMemoryIsTheCompositionInSinglePrecision) {
  expect_question_memory(torch::kFloat32);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, FusedMemories,
    ::testing::Combine(::testing::Values(std::vector<int64_t>{1}, std::vector<int64_t>{6, 6},
                                         std::vector<int64_t>{3, 1, 7, 2, 7, 4, 1, 5, 6}),
                       ::testing::Values(1, 5, 64, 70), ::testing::Values(1, 4, 20),
                       ::testing::Values(1, 2)));

TEST(FusedMemory, GivesNoRowANeighbourOfAnotherSequence) {
  torch::manual_seed(6);
  VideoMemory memory(8, 3);
  memory->to(torch::kFloat64);
  const RowLayout both(std::vector<int64_t>{4, 3});
  const RowLayout second(std::vector<int64_t>{3});
  const Tensor a = torch::randn({7, 8}, torch::kFloat64);
  const Tensor m = torch::randn({7, 8}, torch::kFloat64);
  const Tensor alone = memory->forward(a.slice(0, 4), m.slice(0, 4), second);
  EXPECT_LE(relative_error(memory->forward(a, m, both).slice(0, 4), alone), 1e-13);
}

}  // namespace
}  // namespace vidqa::models
