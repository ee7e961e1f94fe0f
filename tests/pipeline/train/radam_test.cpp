#include "pipeline/train/radam.h"

#include <sstream>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::train {
namespace {

using torch::Tensor;

TEST(RAdam, RectifiesFromTheSixthStepOnByThePublishedFactors) {
  for (int64_t t = 1; t <= 5; ++t) {
    const RAdamStep step = radam_step(t, 0.9, 0.999);
    EXPECT_FALSE(step.rectified) << t;
    EXPECT_DOUBLE_EQ(step.factor, 1 / (1 - std::pow(0.9, t)));
  }
  const double published[] = {0.00426328, 0.00524249, 0.00607305, 0.00681674};
  for (int64_t t = 6; t <= 9; ++t) {
    const RAdamStep step = radam_step(t, 0.9, 0.999);
    EXPECT_TRUE(step.rectified) << t;
    EXPECT_NEAR(step.factor, published[t - 6], 5e-9) << t;
  }
}

/// One scalar parameter, by the formulas of the header.
TEST(RAdam, FollowsTheFormulasStepByStep) {
  constexpr double kRate = 0.1;
  constexpr double kDecay = 0.01;
  Tensor p = torch::full({1}, 2.0, torch::kDouble).requires_grad_();
  RAdam optimizer({p}, RAdamOptions(kRate).weight_decay(kDecay));
  double value = 2;
  double m = 0;
  double v = 0;
  for (int t = 1; t <= 20; ++t) {
    const double gradient = 2 * value - 1;
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient * gradient;
    value -= kRate * kDecay * value;
    const double b2 = std::pow(0.999, t);
    const double rho = 1999 - 2 * t * b2 / (1 - b2);
    const double correction = 1 - std::pow(0.9, t);
    if (rho >= 5) {
      const double r = std::sqrt((1 - b2) * (rho - 4) / 1995 * (rho - 2) / rho * 1999 / 1997);
      value -= kRate * r / correction * m / (std::sqrt(v) + 1e-8);
    } else {
      value -= kRate / correction * m;
    }
    optimizer.zero_grad();
    (p * p - p).sum().backward();
    optimizer.step();
    EXPECT_NEAR(p.item<double>(), value, 1e-12) << "step " << t;
  }
}

TEST(RAdam, LeavesParametersWithoutGradientAlone) {
  Tensor used = torch::ones({2}).requires_grad_();
  Tensor unused = torch::ones({2}).requires_grad_();
  RAdam optimizer({used, unused}, RAdamOptions(0.1).weight_decay(0.5));
  used.sum().backward();
  optimizer.step();
  EXPECT_TRUE(torch::equal(unused, torch::ones({2})));
  EXPECT_FALSE(torch::equal(used, torch::ones({2})));
}

TEST(RAdam, GoesOnFromASavedState) {
  const auto train = [](RAdam& optimizer, Tensor& p, int steps) {
    for (int i = 0; i < steps; ++i) {
      optimizer.zero_grad();
      (p * p).sum().backward();
      optimizer.step();
    }
  };
  Tensor whole = torch::ones({3}).requires_grad_();
  RAdam uninterrupted({whole}, RAdamOptions(0.05));
  train(uninterrupted, whole, 12);

  Tensor half = torch::ones({3}).requires_grad_();
  RAdam first({half}, RAdamOptions(0.05));
  train(first, half, 7);
  std::stringstream stream;
  torch::serialize::OutputArchive out;
  first.save(out);
  out.save_to(stream);
  torch::serialize::InputArchive in;
  in.load_from(stream);
  RAdam second({half}, RAdamOptions(0.05));
  second.load(in);
  train(second, half, 5);
  EXPECT_TRUE(torch::equal(half, whole));
}

}  // namespace
}  // namespace vidqa::train
