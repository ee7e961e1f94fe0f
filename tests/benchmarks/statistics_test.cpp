#include "benchmarks/statistics.h"

#include <cmath>

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "pipeline/data/seeded_random.h"

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

TEST(PairedBootstrap, EqualDifferencesLeaveNoDoubt) {
  const Interval interval = paired_bootstrap({3, 5, 2}, {2, 4, 1}, 200, 1);
  EXPECT_EQ(interval.estimate, 1);
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 1);
}

TEST(PairedBootstrap, TwoQuestionsWorkedByHand) {
  // Differences 0 and 1: a resample has mean 0 (1/4), 1/2 (1/2) or 1 (1/4). The middle 40 % are all
  // 1/2; the middle 95 % reach from 0 to 1.
  const Interval narrow = paired_bootstrap({1, 1}, {1, 0}, 10000, 7, 0.4);
  EXPECT_EQ(narrow.estimate, 0.5);
  EXPECT_EQ(narrow.low, 0.5);
  EXPECT_EQ(narrow.high, 0.5);
  const Interval wide = paired_bootstrap({1, 1}, {1, 0}, 10000, 7);
  EXPECT_EQ(wide.low, 0);
  EXPECT_EQ(wide.high, 1);
}

TEST(PairedBootstrap, IsAFunctionOfItsArguments) {
  const std::vector<double> a = {1, 0, 1, 1, 0, 1, 0, 0, 1, 1};
  const std::vector<double> b = {0, 0, 1, 0, 1, 1, 0, 1, 0, 1};
  const Interval first = paired_bootstrap(a, b, 500, 3);
  const Interval second = paired_bootstrap(a, b, 500, 3);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
}

TEST(PairedBootstrap, ExchangingTheSidesMirrorsTheInterval) {
  const std::vector<double> a = {1, 0, 1, 1, 0, 1, 0, 0, 1, 1};
  const std::vector<double> b = {0, 0, 1, 0, 1, 1, 0, 1, 0, 1};
  const Interval forward = paired_bootstrap(a, b, 2001, 3, 0.9);
  const Interval backward = paired_bootstrap(b, a, 2001, 3, 0.9);
  EXPECT_NEAR(forward.low, -backward.high, 1e-12);
  EXPECT_NEAR(forward.high, -backward.low, 1e-12);
}

TEST(PairedBootstrap, HasTheWidthOfTheNormalApproximationOnManyQuestions) {
  data::SeededRandom random({5});
  std::vector<double> a(2000), b(2000, 0.0);
  for (double& value : a) value = static_cast<double>(random.below(2));
  const Interval interval = paired_bootstrap(a, b, 4000, 11);
  const double standard_error = standard_deviation(a) / std::sqrt(2000.0);
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * standard_error, 0.1 * standard_error * 2);
  EXPECT_NEAR(interval.estimate, mean(a), 1e-12);
}

TEST(PairedBootstrap, CoversTheTruthAsOftenAsItSays) {
  // Paired 0/1 answers of two systems, right with probability 0.7 and 0.5: the difference is 0.2.
  constexpr int kRepetitions = 400;
  data::SeededRandom random({2024});
  int covered = 0;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    std::vector<double> a, b;
    for (int question = 0; question < 80; ++question) {
      a.push_back(static_cast<double>(random.below(10)) < 7 ? 1 : 0);
      b.push_back(static_cast<double>(random.below(10)) < 5 ? 1 : 0);
    }
    const Interval interval = paired_bootstrap(a, b, 400, random.bits());
    covered += interval.low <= 0.2 && 0.2 <= interval.high ? 1 : 0;
  }
  // 95 % of 400 is 380 with a standard deviation of 4.4; a bootstrap of 80 questions is a little
  // short.
  EXPECT_GE(covered, 364);
  EXPECT_LE(covered, 396);
}

TEST(PairedBootstrap, RefusesWhatIsNotPaired) {
  EXPECT_THROW(paired_bootstrap({1, 2}, {1}, 10, 1), c10::Error);
  EXPECT_THROW(paired_bootstrap({}, {}, 10, 1), c10::Error);
  EXPECT_THROW(paired_bootstrap({1}, {1}, 0, 1), c10::Error);
  EXPECT_THROW(paired_bootstrap({1}, {1}, 10, 1, 1.0), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
