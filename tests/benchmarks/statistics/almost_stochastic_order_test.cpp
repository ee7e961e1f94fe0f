#include "benchmarks/statistics/almost_stochastic_order.h"

#include <algorithm>
#include <cmath>

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

TEST(ViolationRatio, WorkedByHand) {
  EXPECT_EQ(violation_ratio({2, 3}, {1, 2}), 0) << "larger throughout";
  EXPECT_EQ(violation_ratio({1, 2}, {2, 3}), 1);
  EXPECT_DOUBLE_EQ(violation_ratio({4, 1}, {2, 3}), 0.5) << "order does not matter";
  EXPECT_DOUBLE_EQ(violation_ratio({0, 5}, {1, 2}), 0.1) << "1 of 1 + 9";
}

TEST(ViolationRatio, UnequalNumbersOfScores) {
  // Thirds 0, 2, 4 against halves 1, 2: violated 1 * 1/3 of 1/3 + 1 * 1/6 + 0 * 1/6 + 4 * 1/3.
  EXPECT_DOUBLE_EQ(violation_ratio({0, 2, 4}, {1, 2}), (1.0 / 3) / (1.0 / 3 + 1.0 / 6 + 4.0 / 3));
  EXPECT_DOUBLE_EQ(violation_ratio({1, 3}, {2}), 0.5);
}

TEST(ViolationRatio, EqualScoresAreUndecided) {
  EXPECT_EQ(violation_ratio({1, 2}, {2, 1}), 0.5);
  EXPECT_EQ(violation_ratio({1}, {1, 1, 1}), 0.5);
}

TEST(ViolationRatio, OfBothDirectionsIsOneAltogether) {
  data::SeededRandom random({8});
  for (int repetition = 0; repetition < 50; ++repetition) {
    std::vector<double> a(1 + random.below(7)), b(1 + random.below(7));
    for (double& value : a) value = static_cast<double>(random.below(100));
    for (double& value : b) value = static_cast<double>(random.below(100));
    EXPECT_NEAR(violation_ratio(a, b) + violation_ratio(b, a), 1, 1e-12);
  }
}

TEST(ViolationRatio, EqualsAFineGridOverTheQuantiles) {
  data::SeededRandom random({3});
  std::vector<double> a(5), b(7);
  for (double& value : a) value = static_cast<double>(random.below(1000)) / 100 + 0.5;
  for (double& value : b) value = static_cast<double>(random.below(1000)) / 100;
  std::vector<double> sorted_a = a, sorted_b = b;
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  double violated = 0, all = 0;
  constexpr int kSteps = 350000;
  for (int step = 0; step < kSteps; ++step) {
    const double t = (step + 0.5) / kSteps;
    const double d = sorted_a[static_cast<size_t>(t * 5)] - sorted_b[static_cast<size_t>(t * 7)];
    all += d * d;
    violated += d < 0 ? d * d : 0;
  }
  EXPECT_GT(violated, 0);
  EXPECT_NEAR(violation_ratio(a, b), violated / all, 1e-9);
}

TEST(AlmostStochasticOrder, ClearCasesAreZeroAndOne) {
  const std::vector<double> high = {0.81, 0.82, 0.80, 0.83, 0.82};
  const std::vector<double> low = {0.70, 0.72, 0.71, 0.69, 0.70};
  EXPECT_EQ(almost_stochastic_order(high, low, 1), 0);
  EXPECT_EQ(almost_stochastic_order(low, high, 1), 1);
}

TEST(AlmostStochasticOrder, IsTheRatioPlusItsBootstrapErrorByEnumeration) {
  // a = {0, 3}, b = {1}: resamples of a are {0, 0} (ratio 1), {0, 3} and {3, 0} (1 of 1 + 4), {3,
  // 3} (0) with probabilities 1/4, 1/2, 1/4: mean 0.35, variance 1/4 + 0.04/2 - 0.35^2.
  const double sd = std::sqrt(0.25 + 0.02 - 0.35 * 0.35);
  EXPECT_NEAR(almost_stochastic_order({0, 3}, {1}, 5, 200000), 0.2 + 1.644854 * sd, 0.005);
}

TEST(AlmostStochasticOrder, SamplesOfOneDistributionAreNotOrdered) {
  data::SeededRandom random({6});
  int ordered = 0;
  for (int repetition = 0; repetition < 200; ++repetition) {
    std::vector<double> a(8), b(8);
    for (double& value : a) value = static_cast<double>(random.below(1000000));
    for (double& value : b) value = static_cast<double>(random.below(1000000));
    ordered += almost_stochastic_order(a, b, random.bits(), 300) < 0.2 ? 1 : 0;
  }
  EXPECT_LE(ordered, 20);
}

TEST(AlmostStochasticOrder, IsAFunctionOfItsArguments) {
  const std::vector<double> a = {3, 2, 4, 1, 5}, b = {2, 1, 1, 4, 2};
  EXPECT_EQ(almost_stochastic_order(a, b, 2), almost_stochastic_order(a, b, 2));
  EXPECT_NE(almost_stochastic_order(a, b, 2, 50), almost_stochastic_order(a, b, 3, 50));
}

TEST(AlmostStochasticOrder, RefusesEmptySides) {
  EXPECT_THROW(almost_stochastic_order({}, {1}, 1), c10::Error);
  EXPECT_THROW(almost_stochastic_order({1}, {}, 1), c10::Error);
  EXPECT_THROW(almost_stochastic_order({1}, {1}, 1, 1), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
