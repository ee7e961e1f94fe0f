#include "fusion/phm.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

TEST(PHMLinear, HasAWeightThatIsASumOfKroneckerProducts) {
  torch::manual_seed(1);
  PHMLinear linear(6, 9, 3);
  linear->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  const Tensor a = linear->named_parameters()["a"];
  const Tensor s = linear->named_parameters()["s"];
  ASSERT_EQ(s.sizes(), torch::IntArrayRef({3, 3, 2}));
  Tensor expected = torch::zeros({9, 6}, torch::kFloat64);
  for (int64_t i = 0; i < 3; ++i) expected += torch::kron(a[i], s[i]);
  EXPECT_LE(relative_error(linear->weight(), expected), 1e-14);
  const Tensor x = torch::randn({4, 6}, torch::kFloat64);
  EXPECT_LE(
      relative_error(linear->forward(x), x.mm(expected.t()) + linear->named_parameters()["bias"]),
      1e-14);
}

TEST(PHMLinear, StartsWithTheSpreadOfALinearLayer) {
  torch::manual_seed(1);
  for (const int64_t n : {1, 2, 4}) {
    double variance = 0;
    constexpr int kDraws = 1000;
    for (int draw = 0; draw < kDraws; ++draw)
      variance += PHMLinear(20, 40, n)->weight().var().item<double>() / kDraws;
    EXPECT_NEAR(variance * 3 * 20, 1, 0.15) << n;
  }
}

TEST(PHM, IsTheProductOfTwoProjections) {
  torch::manual_seed(1);
  PHM phm(PHMOptions({6, 4, 8}).mm_dim(10).components(2).activ_input("tanh").activ_output("none"));
  phm->to(torch::kFloat64);
  phm->eval();
  const torch::NoGradGuard no_grad;
  auto p = phm->named_parameters();
  const auto weight = [&](const std::string& name) {
    return torch::kron(p[name + ".a"][0], p[name + ".s"][0]) +
           torch::kron(p[name + ".a"][1], p[name + ".s"][1]);
  };
  const Tensor x = torch::randn({6}, torch::kFloat64);
  const Tensor y = torch::randn({4}, torch::kFloat64);
  const Tensor u = (weight("linear0").mv(x) + p["linear0.bias"]).tanh();
  const Tensor v = (weight("linear1").mv(y) + p["linear1.bias"]).tanh();
  EXPECT_LE(
      relative_error(phm->forward(x, y), weight("linear_out").mv(u * v) + p["linear_out.bias"]),
      1e-13);
}

TEST(PHM, HasFewerParametersTheMoreComponents) {
  const auto count = [](int64_t n) {
    return PHMOptions({512, 512, 1024}).components(n).num_parameters();
  };
  EXPECT_NEAR(count(2) / count(1), 0.5, 0.01);
  EXPECT_NEAR(count(4) / count(1), 0.25, 0.01);
}

}  // namespace
}  // namespace vidqa::fusion
