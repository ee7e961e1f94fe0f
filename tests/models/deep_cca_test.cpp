#include "models/deep_cca.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::models {
namespace {

using torch::Tensor;

constexpr double kRidge = 1e-9;

TEST(TotalCorrelation, IsTheWidthForViewsThatDetermineEachOther) {
  torch::manual_seed(1);
  const Tensor x = torch::randn({50, 3}, torch::kFloat64);
  const Tensor map = torch::randn({3, 3}, torch::kFloat64);
  EXPECT_NEAR(total_correlation(x, x, kRidge).item<double>(), 3, 1e-6);
  EXPECT_NEAR(total_correlation(x, x.mm(map) + 5, kRidge).item<double>(), 3, 1e-6);
}

TEST(TotalCorrelation, IsTheCorrelationOfTwoColumns) {
  torch::manual_seed(2);
  const Tensor x = torch::randn({40, 1}, torch::kFloat64);
  const Tensor y = x + torch::randn({40, 1}, torch::kFloat64);
  const Tensor a = x - x.mean();
  const Tensor b = y - y.mean();
  const double correlation = ((a * b).sum() / (a.norm() * b.norm())).item<double>();
  EXPECT_NEAR(total_correlation(x, y, kRidge).item<double>(), correlation, 1e-6);
}

TEST(TotalCorrelation, HasAFiniteGradientThatRaisesIt) {
  torch::manual_seed(3);
  Tensor x = torch::randn({60, 4}, torch::kFloat64).requires_grad_();
  const Tensor y = torch::randn({60, 4}, torch::kFloat64);
  const Tensor before = total_correlation(x, y);
  before.backward();
  ASSERT_TRUE(x.grad().isfinite().all().item<bool>());
  const Tensor moved = x.detach() + 0.1 * x.grad() / x.grad().norm();
  EXPECT_GT(total_correlation(moved, y).item<double>(), before.item<double>());
}

TEST(DeepCca, AppliesItsNetworksAsOftenAsTold) {
  torch::manual_seed(4);
  DeepCca cca(3, 2);
  const Tensor q = torch::randn({5, 3});
  const Tensor c = torch::randn({5, 3});
  const auto once = cca->forward({q, c}, 1);
  const auto twice = cca->forward({q, c}, 2);
  const auto again = cca->forward(once, 1);
  EXPECT_TRUE(torch::equal(twice.question, again.question));
  EXPECT_TRUE(torch::equal(twice.context, again.context));
  EXPECT_FALSE(torch::equal(once.question, cca->forward({c, q}, 1).context))
      << "each view has a network of its own";
}

}  // namespace
}  // namespace vidqa::models
