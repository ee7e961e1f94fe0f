#include "models/additive_attention.h"

#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/threads.h"
#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

/// Widths of keys and of values, threads.
class AdditiveAttention : public ::testing::TestWithParam<std::tuple<int64_t, int64_t, int>> {
 protected:
  AdditiveAttention() : threads_(std::get<2>(GetParam())) {}

  static void expect_composition(torch::Dtype dtype, double tolerance) {
    torch::manual_seed(9);
    const auto random = [&](std::vector<int64_t> sizes) {
      return torch::randn(sizes, dtype).requires_grad_();
    };
    const auto [key_width, value_width, threads] = GetParam();
    const RowLayout layout(std::vector<int64_t>{3, 1, 6, 6, 2});
    const Tensor keys = random({layout.rows(), key_width});
    const Tensor values = random({layout.rows(), value_width});
    const Tensor query = random({5, key_width});
    const Tensor vector = random({key_width});
    const Tensor result = attend_additively(layout, keys, values, query, vector);
    const Tensor want = compose_additive_attention(
        layout.pad(keys), {layout.pad(values), layout.valid(torch::kCPU)}, query, vector);
    EXPECT_LE(relative_error(result, want), tolerance);
    const Tensor weights = torch::randn_like(want);
    const std::vector<Tensor> leaves = {keys, values, query, vector};
    const auto actual = torch::autograd::grad({(result * weights).sum()}, leaves);
    const auto expected = torch::autograd::grad({(want * weights).sum()}, leaves);
    for (size_t i = 0; i < leaves.size(); ++i)
      EXPECT_LE(relative_error(actual[i], expected[i], 1e-2), 10 * tolerance) << "input " << i;
  }

  testing::Threads threads_;
};

TEST_P(AdditiveAttention, IsTheCompositionInDoublePrecision) {
  expect_composition(torch::kFloat64, 1e-13);
}

TEST_P(AdditiveAttention, IsTheCompositionInSinglePrecision) {
  expect_composition(torch::kFloat32, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Sizes, AdditiveAttention,
                         ::testing::Combine(::testing::Values(1, 16, 21), ::testing::Values(1, 40),
                                            ::testing::Values(1, 2)));

}  // namespace
}  // namespace vidqa::models
