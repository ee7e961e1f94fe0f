#include <cmath>
#include <cstdint>
#include <string>
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

  Tensor random_rows(torch::Dtype dtype) const {
    return torch::randn({layout_.rows(), hidden_}, dtype).requires_grad_();
  }

  /// Weights so large that gates open and close, places are chosen and slots decay.
  static void randomise(torch::nn::Module& module, torch::Dtype dtype) {
    module.to(dtype);
    const torch::NoGradGuard no_grad;
    for (Tensor& parameter : module.parameters()) {
      const double scale =
          parameter.dim() == 2 ? 2 / std::sqrt(static_cast<double>(parameter.size(1))) : 0.5;
      parameter.normal_(0, scale);
    }
  }

  /// Results and gradients of two ways to compute the same.
  static void expect_equal(const torch::nn::Module& module, const std::vector<Tensor>& inputs,
                           const Tensor& result, const Tensor& want, double tolerance) {
    EXPECT_LE(relative_error(result, want), tolerance);
    std::vector<Tensor> leaves = inputs;
    std::vector<std::string> names(inputs.size(), "input");
    for (const auto& item : module.named_parameters()) {
      leaves.push_back(item.value());
      names.push_back(item.key());
    }
    const Tensor weights = torch::randn_like(want);
    const auto actual = torch::autograd::grad({(result * weights).sum()}, leaves);
    const auto expected = torch::autograd::grad({(want * weights).sum()}, leaves, {}, {}, false,
                                                /*allow_unused=*/true);
    for (size_t i = 0; i < leaves.size(); ++i) {
      const Tensor zero = torch::zeros_like(leaves[i]);
      EXPECT_LE(relative_error(actual[i], expected[i].defined() ? expected[i] : zero, 1e-2),
                20 * tolerance)
          << names[i];
    }
  }

  void expect_video_memory(torch::Dtype dtype, double tolerance) const {
    VideoMemory memory(hidden_, slots_);
    randomise(*memory, dtype);
    const Tensor appearance = random_rows(dtype);
    const Tensor motion = random_rows(dtype);
    const Tensor want =
        layout_.unpad(memory->compose(layout_.pad(appearance), layout_.pad(motion)));
    expect_equal(*memory, {appearance, motion}, memory->forward(appearance, motion, layout_), want,
                 tolerance);
  }

  void expect_question_memory(torch::Dtype dtype, double tolerance) const {
    QuestionMemory memory(hidden_, slots_);
    randomise(*memory, dtype);
    const Tensor words = random_rows(dtype);
    const Tensor want = layout_.unpad(memory->compose(layout_.pad(words)));
    expect_equal(*memory, {words}, memory->forward(words, layout_), want, tolerance);
  }

  RowLayout layout_;
  int64_t hidden_;
  int64_t slots_;
  testing::Threads threads_;
};

TEST_P(FusedMemories, VideoMemoryIsTheCompositionInDoublePrecision) {
  expect_video_memory(torch::kFloat64, 1e-12);
}

TEST_P(FusedMemories, VideoMemoryIsTheCompositionInSinglePrecision) {
  expect_video_memory(torch::kFloat32, 1e-5);
}

TEST_P(FusedMemories, QuestionMemoryIsTheCompositionInDoublePrecision) {
  expect_question_memory(torch::kFloat64, 1e-12);
}

TEST_P(FusedMemories, QuestionMemoryIsTheCompositionInSinglePrecision) {
  expect_question_memory(torch::kFloat32, 1e-5);
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
