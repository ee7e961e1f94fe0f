#include "fusion/film.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

TEST(FiLM, ScalesAndShiftsTheFeaturesOfX) {
  torch::manual_seed(1);
  FiLM film(FiLMOptions({5, 4, 3}).activ_output("leaky_relu"));
  film->to(torch::kFloat64);
  film->eval();
  const torch::NoGradGuard no_grad;
  auto parameters = film->named_parameters();
  const Tensor x = torch::randn({6, 5}, torch::kFloat64);
  const Tensor y = torch::randn({6, 4}, torch::kFloat64);
  const Tensor out = film->forward(x, y);
  for (int64_t row = 0; row < 6; ++row) {
    const Tensor h = parameters["linear.weight"].mv(x[row]) + parameters["linear.bias"];
    const Tensor modulation = parameters["film.weight"].mv(y[row]) + parameters["film.bias"];
    for (int64_t k = 0; k < 3; ++k) {
      const double value = ((1 + modulation[k]) * h[k] + modulation[3 + k]).item<double>();
      EXPECT_NEAR(out[row][k].item<double>(), value > 0 ? value : 0.01 * value, 1e-14);
    }
  }
}

TEST(FiLM, LeavesTheFeaturesAloneWhereTheConditionSaysNothing) {
  FiLM film(FiLMOptions({5, 4, 3}).activ_output("none"));
  film->eval();
  const torch::NoGradGuard no_grad;
  film->named_parameters()["film.bias"].zero_();
  const Tensor x = torch::randn({2, 5});
  const Tensor expected = torch::linear(x, film->named_parameters()["linear.weight"],
                                        film->named_parameters()["linear.bias"]);
  EXPECT_LE(relative_error(film->forward(x, torch::zeros({2, 4})), expected), 1e-6);
}

}  // namespace
}  // namespace vidqa::fusion
