#include "fusion/gmu.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

TEST(GMU, WeighsBothInputsWithAGateForEveryFeature) {
  torch::manual_seed(1);
  GMU gmu(GMUOptions({5, 4, 3}));
  gmu->to(torch::kFloat64);
  gmu->eval();
  const torch::NoGradGuard no_grad;
  auto p = gmu->named_parameters();
  const Tensor x = torch::randn({6, 5}, torch::kFloat64);
  const Tensor y = torch::randn({6, 4}, torch::kFloat64);
  const Tensor out = gmu->forward(x, y);
  for (int64_t row = 0; row < 6; ++row) {
    for (int64_t k = 0; k < 3; ++k) {
      double h_x = p["hidden_x.bias"][k].item<double>();
      double h_y = p["hidden_y.bias"][k].item<double>();
      double gate = p["gate.bias"][k].item<double>();
      for (int64_t i = 0; i < 5; ++i) {
        h_x += (p["hidden_x.weight"][k][i] * x[row][i]).item<double>();
        gate += (p["gate.weight"][k][i] * x[row][i]).item<double>();
      }
      for (int64_t i = 0; i < 4; ++i) {
        h_y += (p["hidden_y.weight"][k][i] * y[row][i]).item<double>();
        gate += (p["gate.weight"][k][5 + i] * y[row][i]).item<double>();
      }
      const double g = 1 / (1 + std::exp(-gate));
      EXPECT_NEAR(out[row][k].item<double>(), g * std::tanh(h_x) + (1 - g) * std::tanh(h_y), 1e-14);
    }
  }
}

}  // namespace
}  // namespace vidqa::fusion
