#include "fusion/lmf.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

TEST(LMF, IsTheOuterProductWithOnesTimesATensorOfLowRank) {
  torch::manual_seed(1);
  LMF lmf(LMFOptions({5, 4, 3}).rank(2));
  lmf->to(torch::kFloat64);
  lmf->eval();
  const torch::NoGradGuard no_grad;
  auto parameters = lmf->named_parameters();
  parameters["fusion_bias"].normal_();
  const Tensor x = torch::randn({6, 5}, torch::kFloat64);
  const Tensor y = torch::randn({6, 4}, torch::kFloat64);
  const Tensor u = parameters["factor_x"];
  const Tensor v = parameters["factor_y"];
  const Tensor a = parameters["fusion_weights"];
  for (int64_t row = 0; row < 6; ++row) {
    const Tensor one_x = torch::cat({torch::ones({1}, torch::kFloat64), x[row]});
    const Tensor one_y = torch::cat({torch::ones({1}, torch::kFloat64), y[row]});
    const Tensor outer = torch::outer(one_x, one_y);  // (dx + 1, dy + 1)
    Tensor expected = parameters["fusion_bias"][0].clone();
    for (int64_t k = 0; k < 3; ++k) {
      Tensor weight = torch::zeros({6, 5}, torch::kFloat64);  // the whole tensor's slice
      for (int64_t i = 0; i < 2; ++i)
        weight += a[0][i] * torch::outer(u[i].select(1, k), v[i].select(1, k));
      expected[k] += (weight * outer).sum();
    }
    EXPECT_LE(relative_error(lmf->forward(x[row], y[row]), expected), 1e-13);
  }
}

}  // namespace
}  // namespace vidqa::fusion
