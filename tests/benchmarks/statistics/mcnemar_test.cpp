#include "benchmarks/statistics/mcnemar.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

TEST(McNemar, FewPairsAreBinomialByHand) {
  // 2 of 12 heads: 2 * (1 + 12 + 66) / 4096.
  const McNemar result = mcnemar(10, 2);
  EXPECT_TRUE(result.exact);
  EXPECT_NEAR(result.p, 2 * 79.0 / 4096, 1e-12);
  EXPECT_NEAR(mcnemar(2, 10).p, result.p, 1e-15) << "two-sided";
  EXPECT_NEAR(mcnemar(5, 0).p, 2.0 / 32, 1e-12);
}

TEST(McNemar, EqualCountsAreNoEvidence) {
  EXPECT_EQ(mcnemar(0, 0).p, 1);
  EXPECT_EQ(mcnemar(6, 6).p, 1) << "the doubled tail is above 1";
  EXPECT_EQ(mcnemar(40, 40).p, 1) << "the correction does not go below 0";
}

TEST(McNemar, ManyPairsAreChiSquareWithContinuity) {
  // (|20 - 5| - 1)^2 / 25 = 7.84, the square of 2.8: P(|Z| > 2.8) = 0.00511026.
  const McNemar result = mcnemar(20, 5);
  EXPECT_FALSE(result.exact);
  EXPECT_NEAR(result.p, 0.00511026, 1e-8);
}

TEST(McNemar, TheExactFormEndsAt25Pairs) {
  EXPECT_TRUE(mcnemar(20, 4).exact);
  EXPECT_FALSE(mcnemar(20, 5).exact);
}

TEST(McNemar, TheMeasuredPairsOfTvqaRuns) {
  // Counts and p of the published BERT runs on TVQA val: SVI against SVIR, SI; VI against I, VIR.
  EXPECT_NEAR(mcnemar(1057, 1006).p, 0.27, 0.005);
  EXPECT_NEAR(mcnemar(1343, 1103).p, 1.3e-6, 5e-8);
  EXPECT_NEAR(mcnemar(1414, 1070).p, 6e-12, 5e-13);
  EXPECT_NEAR(mcnemar(1768, 1656).p, 0.058, 5e-4);
  EXPECT_NEAR(mcnemar(1725, 1640).p, 0.15, 0.005);
}

TEST(McNemar, FalseAlarmsAreRarerThanPSays) {
  data::SeededRandom random({12});
  int alarms = 0;
  for (int repetition = 0; repetition < 2000; ++repetition) {
    int64_t only_a = 0;
    const int64_t pairs = 18 + static_cast<int64_t>(random.below(20));
    for (int64_t i = 0; i < pairs; ++i) only_a += static_cast<int64_t>(random.below(2));
    alarms += mcnemar(only_a, pairs - only_a).p < 0.05 ? 1 : 0;
  }
  EXPECT_LE(alarms, 110);
  EXPECT_GE(alarms, 30) << "but not never";
}

TEST(McNemar, RefusesNegativeCounts) { EXPECT_THROW(mcnemar(-1, 3), c10::Error); }

}  // namespace
}  // namespace vidqa::benchmarks
