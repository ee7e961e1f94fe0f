#include "benchmarks/statistics/holm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

TEST(Holm, WorkedByHand) {
  // R: p.adjust(c(0.03, 0.01, 0.04, 0.02), "holm"): 4 * 0.01, 3 * 0.02, 2 * 0.03, 1 * 0.04 -> 0.06.
  EXPECT_THAT(holm({0.03, 0.01, 0.04, 0.02}),
              ElementsAre(DoubleEq(0.06), DoubleEq(0.04), DoubleEq(0.06), DoubleEq(0.06)));
}

TEST(Holm, StaysAtOneAndLeavesASingleTestAlone) {
  EXPECT_THAT(holm({0.6, 0.9}), ElementsAre(1, 1));
  EXPECT_THAT(holm({0.031}), ElementsAre(0.031));
  EXPECT_THAT(holm({}), ElementsAre());
}

}  // namespace
}  // namespace vidqa::benchmarks
