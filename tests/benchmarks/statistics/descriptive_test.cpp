#include "benchmarks/statistics/descriptive.h"

#include <cmath>

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

TEST(Mean, OfValues) {
  EXPECT_DOUBLE_EQ(mean({1, 2, 6}), 3);
  EXPECT_THROW(mean({}), c10::Error);
}

TEST(StandardDeviation, DividesByOneLessThanTheNumber) {
  EXPECT_DOUBLE_EQ(standard_deviation({2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7));
  EXPECT_EQ(standard_deviation({3}), 0);
  EXPECT_EQ(standard_deviation({}), 0);
}

TEST(Quantile, LiesBetweenNeighboursInProportion) {
  const std::vector<double> values = {1, 2, 4, 8};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 1), 8);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 1.75) << "R: quantile(c(1, 2, 4, 8), .25)";
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 6.8) << "R: quantile(c(1, 2, 4, 8), .9)";
  EXPECT_EQ(quantile({5}, 0.3), 5);
  EXPECT_THROW(quantile({}, 0.5), c10::Error);
  EXPECT_THROW(quantile(values, 1.5), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
