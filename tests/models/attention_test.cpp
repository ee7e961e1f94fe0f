#include "models/attention.h"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/golden_file.h"

namespace vidqa::models {
namespace {

using torch::Tensor;
using vidqa::testing::kDoubleRounding;
using vidqa::testing::relative_error;

TEST(TemporalAttention, ItsWeightsAreThoseOfTheFormula) {
  torch::manual_seed(3);
  constexpr int64_t kWidth = 3, kHidden = 2, kSteps = 4;
  TemporalAttention attention(kWidth, kHidden);
  attention->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  for (const Tensor& parameter : attention->parameters()) parameter.normal_();
  const auto named = attention->named_parameters();
  const Tensor states = torch::randn({2, kSteps, kWidth}, torch::kFloat64);
  const Tensor query = torch::randn({2, kWidth}, torch::kFloat64);
  const std::vector<int64_t> lengths = {4, 2};
  const Sequence sequence = {states, valid_steps(torch::tensor(lengths, torch::kInt64), kSteps)};
  const Tensor weights = attention->weights(sequence, query);
  ASSERT_EQ(weights.sizes(), (std::vector<int64_t>{2, kSteps}));

  const auto element = [&](const char* name, int64_t i, int64_t j) {
    return named[name][i][j].item<double>();
  };
  for (int64_t n = 0; n < 2; ++n) {
    std::vector<double> exponentials;
    double sum = 0;
    for (int64_t t = 0; t < lengths[static_cast<size_t>(n)]; ++t) {
      double score = 0;
      for (int64_t h = 0; h < kHidden; ++h) {
        double inner = named["ba"][0][0][h].item<double>();
        for (int64_t d = 0; d < kWidth; ++d)
          inner += states[n][t][d].item<double>() * element("Wa", d, h) +
                   query[n][d].item<double>() * element("Ua", d, h);
        score += std::tanh(inner) * named["Va"][h].item<double>();
      }
      exponentials.push_back(std::exp(score));
      sum += exponentials.back();
    }
    for (int64_t t = 0; t < kSteps; ++t) {
      const double expected =
          t < lengths[static_cast<size_t>(n)] ? exponentials[static_cast<size_t>(t)] / sum : 0;
      EXPECT_NEAR(weights[n][t].item<double>(), expected, 1e-12) << n << ", " << t;
    }
  }
  // What forward() sums with.
  EXPECT_LE(relative_error(torch::bmm(weights.unsqueeze(1), states).squeeze(1),
                           attention->forward(sequence, query)),
            kDoubleRounding);
}

}  // namespace
}  // namespace vidqa::models
