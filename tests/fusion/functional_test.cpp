#include "fusion/functional.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/dropout.h"
#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using torch::Tensor;
using vidqa::testing::relative_error;

/// The two steps in the order of the published code, whose root is taken of relu(z) and relu(-z)
/// and whose gradient at zero is therefore zero; the root is entered at 1 there, so that no inf * 0
/// arises.
Tensor slow_signed_sqrt_l2(const Tensor& z) {
  const Tensor magnitude = z.abs();
  const Tensor root =
      torch::where(z.eq(0), torch::zeros_like(z),
                   z.sign() * torch::where(z.eq(0), torch::ones_like(z), magnitude).sqrt());
  return root / root.norm(2, {-1}, true).clamp_min(1e-12);
}

void expect_same_values_and_gradients(const Tensor& values) {
  const Tensor z = values.detach().clone().requires_grad_();
  const Tensor slow_z = values.detach().clone().requires_grad_();
  const Tensor upstream = torch::randn_like(values);
  const Tensor y = signed_sqrt_l2(z);
  const Tensor slow_y = slow_signed_sqrt_l2(slow_z);
  EXPECT_LE(relative_error(y.detach(), slow_y.detach()), 1e-13);
  y.backward(upstream);
  slow_y.backward(upstream);
  EXPECT_LE(relative_error(z.grad(), slow_z.grad()), 1e-12);
}

TEST(SignedSqrtL2, AgreesWithTheSlowForm) {
  torch::manual_seed(3);
  expect_same_values_and_gradients(torch::randn({4, 3, 9}, torch::kFloat64));
}

TEST(SignedSqrtL2, AgreesWithTheSlowFormWhereSomeValuesAreExactlyZero) {
  torch::manual_seed(3);
  Tensor z = torch::randn({5, 9}, torch::kFloat64);
  z.masked_fill_(torch::rand_like(z) < 0.4, 0);
  expect_same_values_and_gradients(z);
}

TEST(SignedSqrtL2, AgreesWithTheSlowFormWhereTheNormIsClamped) {
  torch::manual_seed(3);
  expect_same_values_and_gradients(1e-27 * torch::randn({2, 6}, torch::kFloat64));
}

TEST(SignedSqrtL2, NormalisesTheLastDimension) {
  const Tensor z = torch::randn({2, 3, 7}, torch::kFloat64);
  const Tensor norms = signed_sqrt_l2(z).norm(2, {-1});
  EXPECT_LE(relative_error(norms, torch::ones({2, 3})), 1e-14);
}

TEST(SignedSqrtL2, KeepsZeroRowsZeroWithAZeroGradient) {
  const Tensor z = torch::zeros({2, 4}).requires_grad_();
  const Tensor y = signed_sqrt_l2(z);
  y.sum().backward();
  EXPECT_TRUE(torch::equal(y, torch::zeros({2, 4})));
  EXPECT_TRUE(torch::equal(z.grad(), torch::zeros({2, 4})));
}

TEST(SignedSqrtL2, GivesASingleFeatureItsSignAndNoGradient) {
  const Tensor z = torch::tensor({-3.0F, 0.5F, 1e-20F}).unsqueeze(-1).requires_grad_();
  const Tensor y = signed_sqrt_l2(z);
  y.sum().backward();
  EXPECT_TRUE(torch::equal(y.detach(), torch::tensor({-1.0F, 1.0F, 1.0F}).unsqueeze(-1)));
  EXPECT_TRUE(torch::equal(z.grad(), torch::zeros({3, 1})));
}

TEST(SignedSqrtL2, StaysFiniteNearZeroInSinglePrecision) {
  const Tensor z = torch::tensor({1.0F, 1e-8F, 1e-20F, 1e-40F, 0.0F, -1e-40F}).requires_grad_();
  const Tensor y = signed_sqrt_l2(z);
  y.sum().backward();
  EXPECT_TRUE(torch::isfinite(z.grad()).all().item<bool>());
  EXPECT_NEAR(z.grad()[1].item<float>(), 5e3, 5);  // 1 / (2 sqrt(1e-8))
}

TEST(SignedSqrtL2, RefusesASecondDerivative) {
  const Tensor z = torch::randn({3}).requires_grad_();
  const Tensor loss = signed_sqrt_l2(z).sum();
  EXPECT_THAT([&] { torch::autograd::grad({loss}, {z}, {}, true, true); },
              ThrowsMessage<c10::Error>(HasSubstr("only first derivatives are available")));
}

TEST(CountSketch, AddsWhatSharesAPlace) {
  const Tensor x = torch::tensor({{1.0, 2.0, 4.0}, {8.0, 16.0, 32.0}});
  const Tensor h = torch::tensor({2, 0, 2});
  const Tensor s = torch::tensor({1.0, -1.0, -1.0});
  const Tensor expected = torch::tensor({{-2.0, 0.0, -3.0}, {-16.0, 0.0, -24.0}});
  EXPECT_TRUE(torch::equal(count_sketch(x, h, s, 3), expected));
}

TEST(BilinearForm, IsTheTripleSum) {
  const Tensor u = torch::randn({2, 3}, torch::kFloat64);
  const Tensor v = torch::randn({2, 4}, torch::kFloat64);
  const Tensor weight = torch::randn({5, 3, 4}, torch::kFloat64);
  const Tensor bias = torch::randn({5}, torch::kFloat64);
  Tensor expected = bias.repeat({2, 1});
  for (int64_t r = 0; r < 2; ++r)
    for (int64_t k = 0; k < 5; ++k)
      for (int64_t i = 0; i < 3; ++i)
        for (int64_t j = 0; j < 4; ++j) expected[r][k] += u[r][i] * weight[k][i][j] * v[r][j];
  EXPECT_LE(relative_error(bilinear_form(u, v, weight, bias), expected), 1e-14);
}

TEST(Drop, ScalesWhatItKeepsAndKeepsTheExpectation) {
  torch::manual_seed(5);
  const Tensor dropped = drop(torch::ones({100000}), 0.2, true);
  const Tensor kept = dropped.masked_select(dropped.ne(0));
  EXPECT_TRUE(torch::allclose(kept, torch::full_like(kept, 1.25)));
  EXPECT_NEAR(dropped.mean().item<double>(), 1.0, 0.01);
  EXPECT_TRUE(torch::equal(drop(torch::ones({9}), 0.2, false), torch::ones({9})));
}

TEST(ReplayedDropout, HandsOutItsMasksInOrderAndNoMore) {
  const ReplayedDropout replayed({torch::tensor({1.0, 0.0}), torch::tensor({0.0, 1.0})});
  const Tensor x = torch::tensor({2.0, 4.0});
  EXPECT_TRUE(torch::equal(drop(x, 0.5, true), torch::tensor({4.0, 0.0})));
  EXPECT_TRUE(torch::equal(drop(x, 0.0, true), x));
  EXPECT_TRUE(torch::equal(drop(x, 0.5, true), torch::tensor({0.0, 8.0})));
  EXPECT_THAT([&] { drop(x, 0.5, true); }, ThrowsMessage<c10::Error>(HasSubstr("no mask is left")));
}

}  // namespace
}  // namespace vidqa::fusion
