#include "fusion/option_checks.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/block.h"
#include "fusion/block_tucker.h"
#include "fusion/concat_mlp.h"
#include "fusion/linear_sum.h"
#include "fusion/mcb.h"
#include "fusion/mfb.h"
#include "fusion/mfh.h"
#include "fusion/mlb.h"
#include "fusion/mutan.h"
#include "fusion/tucker.h"

namespace vidqa::fusion {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

constexpr FusionDims kAllowedDims{7, 7, 6};

template <typename Impl>
class NumParameters : public ::testing::Test {};

using Operators = ::testing::Types<LinearSumImpl, ConcatMLPImpl, MCBImpl, MLBImpl, MFBImpl, MFHImpl,
                                   MutanImpl, TuckerImpl, BlockImpl, BlockTuckerImpl>;
TYPED_TEST_SUITE(NumParameters, Operators);

/// Otherwise the size that is refused would not be the size that is built.
TYPED_TEST(NumParameters, AreThoseThatTheModuleRegisters) {
  for (const int64_t mm_dim : {20, 39, 40}) {
    typename TypeParam::Options options(kAllowedDims);
    options.mm_dim(mm_dim);
    double registered = 0;
    for (const torch::Tensor& parameter : TypeParam(options).parameters())
      registered += static_cast<double>(parameter.numel());
    EXPECT_EQ(options.num_parameters(), registered) << "mm_dim " << mm_dim;
  }
}

TEST(NumParametersShared, CountSharedWeightsOnce) {
  const auto registered = [](const torch::nn::Module& module) {
    double sum = 0;
    for (const torch::Tensor& parameter : module.parameters())
      sum += static_cast<double>(parameter.numel());
    return sum;
  };
  const auto mutan = MutanOptions(kAllowedDims).mm_dim(20).shared(true);
  EXPECT_EQ(mutan.num_parameters(), registered(MutanImpl(mutan)));
  const auto block = BlockOptions(kAllowedDims).mm_dim(20).shared(true);
  EXPECT_EQ(block.num_parameters(), registered(BlockImpl(block)));
  const auto block_tucker = BlockTuckerOptions(kAllowedDims).mm_dim(20).shared(true);
  EXPECT_EQ(block_tucker.num_parameters(), registered(BlockTuckerImpl(block_tucker)));
}

TEST(CheckMemory, SuggestsTheLargestMmDimThatFits) {
  const auto cube = [](int64_t mm_dim) { return std::pow(static_cast<double>(mm_dim), 3); };
  int64_t largest = static_cast<int64_t>(std::cbrt(physical_memory_bytes() / training_bytes(1)));
  while (training_bytes(cube(largest + 1)) <= physical_memory_bytes()) ++largest;
  while (training_bytes(cube(largest)) > physical_memory_bytes()) --largest;
  EXPECT_NO_THROW(check_memory("tucker", cube(largest), "mm_dim", cube));
  EXPECT_THAT([&] { check_memory("tucker", cube(largest + 1), "mm_dim", cube); },
              ThrowsMessage<c10::Error>(
                  HasSubstr("the largest mm_dim that fits is " + std::to_string(largest))));
}

TEST(CheckMemory, SuggestsNothingWhereNoMmDimWouldHelp) {
  EXPECT_THAT([] { check_memory("concat_mlp", 1e18); },
              ThrowsMessage<c10::Error>(
                  AllOf(HasSubstr("1000000000000000000 parameters"), Not(HasSubstr("mm_dim")))));
}

TEST(Tucker, RefusesACoreThatDoesNotFitAndSaysWhatItWouldNeed) {
  // The published default, unless this machine could hold it.
  int64_t mm_dim = 1600;
  while (training_bytes(TuckerOptions({300, 300, 750}).mm_dim(mm_dim).num_parameters()) <=
         physical_memory_bytes())
    mm_dim *= 2;
  const double parameters = TuckerOptions({300, 300, 750}).mm_dim(mm_dim).num_parameters();
  EXPECT_THAT(
      [&] {
        make_fusion("tucker:mm_dim=" + std::to_string(mm_dim), {300, 300, 750});
      },
      ThrowsMessage<c10::Error>(HasSubstr("tucker: this size has " +
                                          std::to_string(static_cast<int64_t>(parameters)) +
                                          " parameters, ")));
}

}  // namespace
}  // namespace vidqa::fusion
