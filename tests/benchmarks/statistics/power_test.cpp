#include "benchmarks/statistics/power.h"

#include <cmath>

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "benchmarks/statistics/mcnemar.h"
#include "pipeline/data/seeded_random.h"

namespace vidqa::benchmarks {
namespace {

TEST(DetectableDifference, EqualsBloomsMultipliers) {
  // Bloom 1995, table 1: 2.80 at 80 % and 3.24 at 90 % power, two-sided 5 %.
  EXPECT_NEAR(detectable_difference(1), 2.80, 0.005);
  EXPECT_NEAR(detectable_difference(1, 0.05, 0.9), 3.24, 0.005);
  EXPECT_NEAR(detectable_difference(0.0025), 0.0025 * 2.8016, 1e-6);
  EXPECT_THROW(detectable_difference(-1), c10::Error);
}

TEST(DetectableDifference, IsFoundFourTimesOfFive) {
  // 1,000 questions, 20 % answered differently: how often McNemar finds the difference.
  const double share = 0.2;
  const double difference = detectable_difference(std::sqrt(share / 1000));
  const auto only_a = static_cast<uint64_t>(1e6 * (share + difference) / 2);
  const auto discordant = static_cast<uint64_t>(1e6 * share);
  data::SeededRandom random({21});
  int found = 0;
  constexpr int kRepetitions = 2000;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    int64_t a = 0, b = 0;
    for (int question = 0; question < 1000; ++question) {
      const uint64_t drawn = random.below(1000000);
      a += drawn < only_a ? 1 : 0;
      b += drawn >= only_a && drawn < discordant ? 1 : 0;
    }
    found += mcnemar(a, b).p < 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(found) / kRepetitions, 0.8, 0.04);
}

TEST(SeedsNeeded, EqualsTheTablesOfThePairedTTest) {
  // G*Power 3, two-tailed, alpha 0.05, power 0.8; R: power.t.test(delta, sd, type = "paired").
  EXPECT_EQ(seeds_needed(0.2, 1), 199);
  EXPECT_EQ(seeds_needed(0.5, 1), 34);
  EXPECT_EQ(seeds_needed(0.8, 1), 15);
  EXPECT_EQ(seeds_needed(1.0, 1), 10);
  EXPECT_EQ(seeds_needed(0.5, 1, 0.05, 0.95), 54);
}

TEST(SeedsNeeded, DependsOnTheRatioAlone) {
  EXPECT_EQ(seeds_needed(-0.005, 0.01), seeds_needed(0.5, 1)) << "the sign does not matter";
}

TEST(SeedsNeeded, TheEnds) {
  EXPECT_EQ(seeds_needed(0.01, 0), 2);
  EXPECT_EQ(seeds_needed(100, 1), 2);
  EXPECT_EQ(seeds_needed(1e6, 1e-3), 2);
  EXPECT_NEAR(static_cast<double>(seeds_needed(0.001, 1)), 7.84889e6, 1e2);
  EXPECT_THROW(seeds_needed(0, 1), c10::Error);
  EXPECT_THROW(seeds_needed(1e-12, 1), c10::Error);
}

}  // namespace
}  // namespace vidqa::benchmarks
