#include "fusion/heuristic_matching.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

/// Row by row, from the parameters.
void expect_slow_version(FusionDims dims) {
  torch::manual_seed(1);
  HeuristicMatching fusion(HeuristicMatchingOptions(dims).mm_dim(7).activation("tanh"));
  fusion->to(torch::kFloat64);
  fusion->eval();
  const torch::NoGradGuard no_grad;
  auto p = fusion->named_parameters();
  const Tensor x = torch::randn({6, dims.x}, torch::kFloat64);
  const Tensor y = torch::randn({6, dims.y}, torch::kFloat64);
  const Tensor out = fusion->forward(x, y);
  for (int64_t row = 0; row < 6; ++row) {
    const Tensor matched =
        dims.x == dims.y ? y[row] : p["match.weight"].mv(y[row]) + p["match.bias"];
    Tensor h = torch::zeros({4 * dims.x}, torch::kFloat64);
    for (int64_t i = 0; i < dims.x; ++i) {
      h[i] = x[row][i];
      h[dims.x + i] = matched[i];
      h[2 * dims.x + i] = x[row][i] * matched[i];
      h[3 * dims.x + i] = std::abs((x[row][i] - matched[i]).item<double>());
    }
    const Tensor hidden = (p["hidden.weight"].mv(h) + p["hidden.bias"]).tanh();
    EXPECT_LE(relative_error(out[row], p["out.weight"].mv(hidden) + p["out.bias"]), 1e-13);
  }
}

TEST(HeuristicMatching, ConcatenatesProductAndDistance) { expect_slow_version({5, 5, 3}); }

TEST(HeuristicMatching, ProjectsTheSecondInputWhereWidthsDiffer) { expect_slow_version({5, 4, 3}); }

}  // namespace
}  // namespace vidqa::fusion
