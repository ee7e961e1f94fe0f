#include "models/ragged_attention.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::kDoubleRounding;
using vidqa::testing::relative_error;

constexpr int64_t kFan = 2;
constexpr int64_t kWidth = 5;

const RowLayout& clips() {
  static const RowLayout layout(std::vector<int64_t>{4, 1, 3});
  return layout;
}

const RowLayout& texts() {
  static const RowLayout layout(std::vector<int64_t>{2, 3, 1, 4, 1, 1});
  return layout;
}

/// The formula of the header, one step after another.
AttendedText slow(const Tensor& context, const Tensor& words) {
  std::vector<Tensor> mixes;
  std::vector<Tensor> rows;
  for (int64_t n = 0; n < texts().sequences(); ++n) {
    const Tensor own = texts().of(words, n);
    for (int64_t t = 0; t < clips().length(n / kFan); ++t) {
      const Tensor weights = own.mv(clips().of(context, n / kFan)[t]).softmax(0);
      mixes.push_back(weights);
      rows.push_back(own.t().mv(weights));
    }
  }
  return {torch::cat(mixes), torch::stack(rows)};
}

TEST(Attend, EqualsTheFormulaStepByStepWithItsGradients) {
  torch::manual_seed(1);
  const Tensor context = torch::randn({clips().rows(), kWidth}, torch::kFloat64).requires_grad_();
  const Tensor words = torch::randn({texts().rows(), kWidth}, torch::kFloat64).requires_grad_();
  const AttendedText got = attend({clips(), kFan, texts()}, context, words);
  const AttendedText want = slow(context, words);
  EXPECT_LE(relative_error(got.mix, want.mix), kDoubleRounding);
  EXPECT_LE(relative_error(got.text, want.text), kDoubleRounding);

  const Tensor of_mix = torch::randn_like(want.mix);
  const Tensor of_text = torch::randn_like(want.text);
  const auto expect_gradients = [&](double a, double b) {
    const auto loss = [&](const AttendedText& x) {
      return (a * x.mix * of_mix).sum() + (b * x.text * of_text).sum();
    };
    const auto actual = torch::autograd::grad({loss(got)}, {context, words}, {}, true);
    const auto expected = torch::autograd::grad({loss(want)}, {context, words}, {}, true);
    for (size_t i = 0; i < 2; ++i)
      EXPECT_LE(relative_error(actual[i], expected[i], 1e-3), kDoubleRounding) << i;
  };
  expect_gradients(1, 1);
  expect_gradients(0, 1);
  expect_gradients(1, 0);
}

TEST(Attend, IsTheSameThroughPaddedSequences) {
  torch::manual_seed(2);
  const Tensor context = torch::randn({clips().rows(), kWidth});
  const Tensor words = torch::randn({texts().rows(), kWidth});
  const AttendedText want = attend({clips(), kFan, texts()}, context, words);
  const AttendedText got = attend_padded({clips(), kFan, texts()}, context, words);
  EXPECT_LE(relative_error(got.mix, want.mix), 1e-6);
  EXPECT_LE(relative_error(got.text, want.text), 1e-6);
}

TEST(RowLayout, PadsAndUnpads) {
  const Tensor rows = torch::arange(8).view({8, 1});
  const Tensor padded = clips().pad(rows);
  EXPECT_EQ(padded.sizes(), (std::vector<int64_t>{3, 4, 1}));
  EXPECT_EQ(padded[1][0].item<int64_t>(), 4);
  EXPECT_EQ(padded[1][1].item<int64_t>(), 0);
  EXPECT_TRUE(torch::equal(clips().unpad(padded), rows));
  EXPECT_TRUE(torch::equal(clips().valid(torch::kCPU).sum(1), torch::tensor({4, 1, 3})));
}

TEST(RowLayout, PadsToAsManyStepsAsAskedFor) {
  const Tensor rows = torch::arange(1, 9).view({8, 1});
  const Tensor padded = clips().pad(rows, 6);
  EXPECT_EQ(padded.sizes(), (std::vector<int64_t>{3, 6, 1}));
  EXPECT_EQ(padded.slice(1, 4).abs().sum().item<int64_t>(), 0);
  EXPECT_TRUE(torch::equal(clips().unpad(padded), rows));
}

TEST(RowLayout, KnowsTheEndsOfSequencesAndTheRowsBefore) {
  const Tensor rows = torch::arange(1, 9).view({8, 1});  // 1 2 3 4 | 5 | 6 7 8
  EXPECT_TRUE(torch::equal(clips().first(rows).flatten(), torch::tensor({1, 5, 6})));
  EXPECT_TRUE(torch::equal(clips().last(rows).flatten(), torch::tensor({4, 5, 8})));
  EXPECT_TRUE(
      torch::equal(clips().before(rows).flatten(), torch::tensor({0, 1, 2, 3, 0, 0, 6, 7})));
  const Tensor start = torch::tensor({{-1}, {-2}, {-3}});
  EXPECT_TRUE(torch::equal(clips().before(rows, start).flatten(),
                           torch::tensor({-1, 1, 2, 3, -2, -3, 6, 7})));
  EXPECT_TRUE(torch::equal(clips().before(rows, start, true).flatten(),
                           torch::tensor({2, 3, 4, -1, -2, 7, 8, -3})));
}

TEST(RowLayout, RepeatsSequences) {
  const RowLayout layout(std::vector<int64_t>{2, 1});
  const Tensor rows = torch::tensor({1, 2, 3});
  EXPECT_TRUE(torch::equal(layout.repeat(rows, 2), torch::tensor({1, 2, 1, 2, 3, 3})));
  EXPECT_EQ(layout.repeated(2).lengths(), (std::vector<int64_t>{2, 2, 1, 1}));
}

TEST(RowLayout, RefusesAnEmptySequence) {
  EXPECT_THROW(RowLayout(std::vector<int64_t>{2, 0}), c10::Error);
}

}  // namespace
}  // namespace vidqa::models
