#include "fusion/fused_operator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

using ::testing::HasSubstr;
using torch::Tensor;

/// x y and x + y; says what it was told.
class ProductAndSum : public FusedOperator {
 public:
  explicit ProductAndSum(bool reads_outputs) : reads_outputs_(reads_outputs) {}

  std::string name() const override { return "ProductAndSum"; }
  bool reads_outputs() const override { return reads_outputs_; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    kept = keep;
    records = torch::GradMode::is_enabled();
    return {inputs[0] * inputs[1], inputs[0] + inputs[1]};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    seen = pass;
    std::vector<Tensor> gradients(2);
    for (size_t i = 0; i < 2; ++i) {
      if (!pass.needed[i]) continue;
      gradients[i] = torch::zeros_like(pass.inputs[i]);
      if (pass.gradients[0].defined()) gradients[i] += pass.gradients[0] * pass.inputs[1 - i];
      if (pass.gradients[1].defined()) gradients[i] += pass.gradients[1];
    }
    return gradients;
  }

  bool kept = false;
  bool records = true;
  Pass seen;

 private:
  bool reads_outputs_;
};

struct Inputs {
  Tensor x = torch::randn({3}, torch::kDouble).requires_grad_();
  Tensor y = torch::randn({3}, torch::kDouble).requires_grad_();
};

TEST(FusedOperator, GivesTheGradientsOfItsBackward) {
  const Inputs in;
  const auto out = apply(std::make_shared<ProductAndSum>(false), {in.x, in.y});
  (out[0] * 2 + out[1]).sum().backward();
  EXPECT_TRUE(torch::allclose(in.x.grad(), 2 * in.y + 1));
  EXPECT_TRUE(torch::allclose(in.y.grad(), 2 * in.x + 1));
}

TEST(FusedOperator, LeavesTheGradientOfAnUnusedOutputUndefined) {
  const Inputs in;
  const auto op = std::make_shared<ProductAndSum>(false);
  apply(op, {in.x, in.y})[1].sum().backward();
  EXPECT_FALSE(op->seen.gradients[0].defined());
  EXPECT_TRUE(torch::equal(in.x.grad(), torch::ones({3}, torch::kDouble)));
}

TEST(FusedOperator, SaysWhichGradientsAreNeeded) {
  const Inputs in;
  const auto op = std::make_shared<ProductAndSum>(false);
  apply(op, {in.x, in.y.detach()})[0].sum().backward();
  EXPECT_EQ(op->seen.needed, (std::vector<bool>{true, false}));
  EXPECT_TRUE(torch::allclose(in.x.grad(), in.y));
}

TEST(FusedOperator, KeepsNothingWhereNoGradientIsAskedFor) {
  const Inputs in;
  const auto op = std::make_shared<ProductAndSum>(false);
  EXPECT_FALSE(apply(op, {in.x.detach(), in.y.detach()})[0].requires_grad());
  EXPECT_FALSE(op->kept);
  const torch::NoGradGuard no_grad;
  apply(op, {in.x, in.y});
  EXPECT_FALSE(op->kept);
}

TEST(FusedOperator, RunsForwardWithoutRecording) {
  const Inputs in;
  const auto op = std::make_shared<ProductAndSum>(false);
  apply(op, {in.x, in.y});
  EXPECT_TRUE(op->kept);
  EXPECT_FALSE(op->records);
}

TEST(FusedOperator, GivesBackwardTheOutputsThatItReads) {
  const Inputs in;
  const auto op = std::make_shared<ProductAndSum>(true);
  const auto out = apply(op, {in.x, in.y});
  out[0].sum().backward();
  ASSERT_EQ(op->seen.outputs.size(), 2U);
  EXPECT_TRUE(torch::equal(op->seen.outputs[0], out[0]));
}

TEST(FusedOperator, RefusesAnInputThatWasChangedBeforeBackward) {
  const Inputs in;
  const Tensor z = in.x * 1;
  const auto out = apply(std::make_shared<ProductAndSum>(false), {z, in.y});
  {
    const torch::NoGradGuard no_grad;
    z.mul_(2);
  }
  EXPECT_THROW(out[0].sum().backward(), c10::Error);
}

/// Uses up what it kept.
class Once : public ProductAndSum {
 public:
  Once() : ProductAndSum(false) {}
  bool runs_backward_once() const override { return true; }
};

TEST(FusedOperator, RunsBackwardAgainUnlessItUsesUpWhatItKept) {
  const Inputs in;
  const auto backward_twice = [&](std::shared_ptr<FusedOperator> op) {
    const auto out = apply(std::move(op), {in.x, in.y});
    for (int i = 0; i < 2; ++i)
      torch::autograd::grad({out[0].sum()}, {in.x}, {}, /*retain_graph=*/true);
  };
  EXPECT_NO_THROW(backward_twice(std::make_shared<ProductAndSum>(false)));
  EXPECT_THROW(backward_twice(std::make_shared<Once>()), c10::Error);
}

TEST(FusedOperator, RefusesSecondDerivatives) {
  const Inputs in;
  const auto out = apply(std::make_shared<ProductAndSum>(false), {in.x, in.y});
  try {
    torch::autograd::grad({out[0].sum()}, {in.x}, {}, /*retain_graph=*/true,
                          /*create_graph=*/true);
    FAIL() << "a gradient that can be differentiated was given";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ProductAndSum: only first derivatives"));
  }
}

}  // namespace
}  // namespace vidqa::fusion
