#include "features/half.h"

#include <limits>

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "tests/testing/errors.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Half, RoundsToNearest) {
  const torch::Tensor rounded = to_half(torch::tensor({1.0F, 1.0004F, -65504.F, 0.F}), "clip");
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat16);
  EXPECT_TRUE(
      torch::equal(rounded.to(torch::kFloat32), torch::tensor({1.0F, 1.0F, -65504.F, 0.F})));
  EXPECT_EQ(to_half(torch::zeros({0, 3}), "clip").sizes(), (std::vector<int64_t>{0, 3}));
}

TEST(Half, ValuesThatWouldBecomeInfiniteAreRefused) {
  EXPECT_THAT(testing::error_of([] {
                to_half(torch::tensor({1.F, -70000.F, 66000.F}), "castle_s01e01");
              }),
              AllOf(HasSubstr("castle_s01e01"), HasSubstr("2 of 3"), HasSubstr("70000"),
                    HasSubstr("float32")));
  // 65519 still rounds down to 65504, 65520 rounds up.
  EXPECT_EQ(testing::error_of([] { to_half(torch::tensor({65519.F}), "x"); }), "no error");
  EXPECT_NE(testing::error_of([] { to_half(torch::tensor({65520.F}), "x"); }), "no error");
}

TEST(Half, InfinityIsNoOverflow) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(to_half(torch::tensor({infinity}), "x").isinf().all().item<bool>());
}

}  // namespace
}  // namespace vidqa::features
