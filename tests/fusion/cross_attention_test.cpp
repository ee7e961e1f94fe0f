#include "fusion/cross_attention.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using vidqa::testing::relative_error;

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class CrossAttentionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    fusion_->to(torch::kFloat64);
    fusion_->eval();
  }

  Tensor parameter(const std::string& name) { return fusion_->named_parameters()[name]; }
  Tensor project(const std::string& name, const Tensor& x) {
    return parameter(name + ".weight").mv(x) + parameter(name + ".bias");
  }

  /// One step of x over the first `valid` steps of y, head by head.
  Tensor slow(const Tensor& x, const Tensor& y, int64_t valid) {
    constexpr int64_t kHeads = 2;
    constexpr int64_t kWidth = 4;
    Tensor read = torch::zeros({kHeads * kWidth}, torch::kFloat64);
    for (int64_t head = 0; head < kHeads && valid > 0; ++head) {
      const auto of_head = [&](const Tensor& v) { return v.narrow(0, head * kWidth, kWidth); };
      Tensor scores = torch::zeros({valid}, torch::kFloat64);
      for (int64_t s = 0; s < valid; ++s)
        scores[s] = of_head(project("query", x)).dot(of_head(project("key", y[s]))) /
                    std::sqrt(static_cast<double>(kWidth));
      const Tensor weights = scores.exp() / scores.exp().sum();
      for (int64_t s = 0; s < valid; ++s)
        of_head(read).add_(weights[s] * of_head(project("value", y[s])));
    }
    const Tensor sum = project("residual", x) + read;
    const Tensor centred = sum - sum.mean();
    const Tensor h = centred / (centred.square().mean() + 1e-5).sqrt() * parameter("norm.weight") +
                     parameter("norm.bias");
    return project("linear_out", h);
  }

  const Tensor x_ = torch::randn({2, 3, 5}, torch::kFloat64);
  const Tensor y_ = torch::randn({2, 6, 7}, torch::kFloat64);
  CrossAttention fusion_{CrossAttentionOptions({5, 7, 4}).mm_dim(8).heads(2)};
};

TEST_F(CrossAttentionTest, ReadsEveryStepOfTheOtherSequence) {
  const torch::NoGradGuard no_grad;
  const Tensor out = fusion_->forward(x_, y_);
  ASSERT_EQ(out.sizes(), torch::IntArrayRef({2, 3, 4}));
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t t = 0; t < 3; ++t)
      EXPECT_LE(relative_error(out[b][t], slow(x_[b][t], y_[b], 6)), 1e-12);
  }
}

TEST_F(CrossAttentionTest, ReadsNoPadding) {
  const torch::NoGradGuard no_grad;
  const std::vector<int64_t> lengths = {4, 0};
  Tensor mask = torch::zeros({2, 6}, torch::kBool);
  mask[0].narrow(0, 0, 4).fill_(true);
  const Tensor out = fusion_->forward(x_, y_, mask);
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t t = 0; t < 3; ++t)
      EXPECT_LE(relative_error(out[b][t], slow(x_[b][t], y_[b], lengths[b])), 1e-12);
  }
}

TEST_F(CrossAttentionTest, HasNoGradientThroughPadding) {
  const Tensor x = x_.clone().requires_grad_();
  const Tensor y = y_.clone().requires_grad_();
  Tensor mask = torch::ones({2, 6}, torch::kBool);
  mask.narrow(1, 4, 2).fill_(false);
  fusion_->forward(x, y, mask).square().sum().backward();
  EXPECT_EQ(y.grad().narrow(1, 4, 2).abs().max().item<double>(), 0);
  EXPECT_GT(y.grad().narrow(1, 0, 4).abs().min().item<double>(), 0);
}

TEST_F(CrossAttentionTest, RefusesVectorsAndOtherMasks) {
  EXPECT_THAT([&] { fusion_->forward(x_[0][0], y_[0][0]); },
              ThrowsMessage<c10::Error>(HasSubstr("needs sequences (..., steps, width)")));
  EXPECT_THAT(
      [&] {
        fusion_->forward(x_, y_, torch::ones({2, 3}, torch::kBool));
      },
      ThrowsMessage<c10::Error>(HasSubstr("the mask must have the shape of y")));
}

TEST(CrossAttention, RefusesHeadsThatDoNotDivideTheWidth) {
  EXPECT_THAT(
      [] {
        make_fusion("cross_attention:mm_dim=10,heads=4", {5, 7, 4});
      },
      ThrowsMessage<c10::Error>(HasSubstr("heads must divide mm_dim=10, got 4")));
}

}  // namespace
}  // namespace vidqa::fusion
