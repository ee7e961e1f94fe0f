#include "fusion/cost.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/fusion.h"
#include "fusion/tensor_memory.h"

namespace vidqa::fusion {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using torch::Tensor;

std::vector<std::string> fusion_names() {
  std::vector<std::string> result;
  for (const FusionEntry& entry : fusion_table()) result.push_back(entry.name);
  return result;
}

double registered(const FusionPtr& fusion) {
  double sum = 0;
  for (const Tensor& parameter : fusion->parameters())
    sum += static_cast<double>(parameter.numel());
  return sum;
}

bool has_key(const std::string& name, const std::string& key) {
  const std::vector<std::string>& keys = find_fusion(name).keys;
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

class FusionCost : public ::testing::TestWithParam<std::string> {};

TEST_P(FusionCost, CountsTheParametersThatTheModuleRegisters) {
  for (const FusionDims dims : {FusionDims{8, 8, 6}, FusionDims{10, 6, 4}}) {
    for (const char* mm_dim : {"20", "40", "120"}) {
      std::string spec = GetParam();
      if (has_key(GetParam(), "mm_dim")) spec += std::string(":mm_dim=") + mm_dim;
      if (has_key(GetParam(), "heads")) spec += ",heads=4";
      EXPECT_EQ(fusion_cost(spec, dims).parameters, registered(make_fusion(spec, dims))) << spec;
    }
  }
}

/// Tensors alive after a forward pass in training, the output among them, a row: the difference
/// between two numbers of rows leaves out what is kept once a call.
TEST_P(FusionCost, ForeseesTheMemoryThatIsKeptForTheBackwardPass) {
  constexpr FusionDims kDims{40, 24, 32};
  std::string spec = GetParam();
  if (has_key(GetParam(), "mm_dim")) spec += ":mm_dim=80";
  const FusionPtr fusion = make_fusion(spec, kDims);
  const auto kept = [&](int64_t rows) {
    // Sequences of the length that the cost of a sequence assumes.
    const auto steps = static_cast<int64_t>(Cost::kTypicalSteps);
    const Tensor x = torch::randn({rows, steps, kDims.x}).requires_grad_();
    const Tensor y = torch::randn({rows, steps, kDims.y}).requires_grad_();
    const TensorMemoryMeter meter;
    const Tensor out = fusion->forward(x, y);
    return static_cast<double>(meter.bytes()) / static_cast<double>(steps);
  };
  const double measured = (kept(3) - kept(1)) / 2;
  const double foreseen = fusion_cost(spec, kDims).saved_bytes;
  EXPECT_NEAR(measured, foreseen, 0.01 * foreseen);
}

INSTANTIATE_TEST_SUITE_P(Table, FusionCost, ::testing::ValuesIn(fusion_names()),
                         [](const auto& info) { return info.param; });

/// Millions of operations a row, two for a multiplication with its addition, from the formulas of
/// the published operators at the sizes of TVQA's dual-stream model.
TEST(FusionCostOfTheTen, CountsTheArithmeticOfThePublishedFormulas) {
  const std::map<std::string, double> published = {
      {"linear_sum", 4.1}, {"concat_mlp", 8.6},   {"mcb", 2.4},     {"mlb", 4.1},
      {"mfb", 5.9},        {"mfh", 11.7},         {"mutan", 139.1}, {"tucker", 6758.6},
      {"block", 10.9},     {"block_tucker", 21.2}};
  for (const auto& [name, millions] : published) {
    const Cost cost = fusion_cost(name + ":mm_dim=1500", {300, 300, 750});
    EXPECT_NEAR(2 * cost.multiply_adds / 1e6, millions, 0.055) << name;
  }
}

TEST(FusionCostOfAnySize, IsKnownWhereTheModuleWouldNotFit) {
  const Cost cost = fusion_cost("tucker:mm_dim=1600", {300, 300, 750});
  EXPECT_EQ(cost.parameters, 4098165550.0);
  EXPECT_GT(fusion_cost("tucker:mm_dim=1000000000", {300, 300, 750}).parameters, 1e26);
}

TEST(FusionCostOfAnySize, RefusesOptionsThatDoNotFit) {
  EXPECT_THAT(
      [] {
        fusion_cost("mfb:mm_dim=0", {300, 300, 750});
      },
      ThrowsMessage<c10::Error>(HasSubstr("mfb: mm_dim must be a positive integer")));
  EXPECT_THAT(
      [] {
        fusion_cost("block:mm_dim=8,chunks=9", {300, 300, 750});
      },
      ThrowsMessage<c10::Error>(HasSubstr("block: chunks must be at most mm_dim=8")));
  EXPECT_THAT(
      [] {
        fusion_cost("phm:mm_dim=12,components=4", {8, 8, 6});
      },
      ThrowsMessage<c10::Error>(HasSubstr("one of 1, 2; got 4")));
}

}  // namespace
}  // namespace vidqa::fusion
