#include "pipeline/train/random.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::train {
namespace {

using ::testing::ElementsAre;

TEST(UniformBelow, DrawsEveryNumberEquallyOften) {
  std::mt19937_64 random(3);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts.at(uniform_below(random, 7));
  double chi_square = 0;
  for (const int count : counts) chi_square += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_square, 22.46);  // 6 degrees of freedom, p = 0.001
}

TEST(UniformBelow, IsTheUpperHalfOfTheProductForASmallRange) {
  std::mt19937_64 random;  // first output of the standard's default seed: 14514284786278117030
  EXPECT_EQ(uniform_below(random, 1000), 14514284786278117030u / (18446744073709551615u / 1000));
}

TEST(UniformBelow, LargestRangeGivesTheUpperWord) {
  std::mt19937_64 random;
  std::mt19937_64 same;
  EXPECT_NEAR(uniform_below(random, 4294967295u), same() >> 32, 1);
}

TEST(RandomOrder, HoldsEveryIndexOnce) {
  std::vector<int64_t> order = random_order(100, 5);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(RandomOrder, IsAFunctionOfTheSeedAlone) {
  EXPECT_EQ(random_order(50, 8), random_order(50, 8));
  EXPECT_NE(random_order(50, 8), random_order(50, 9));
  EXPECT_THAT(random_order(1, 4), ElementsAre(0));
  EXPECT_TRUE(random_order(0, 4).empty());
}

TEST(RandomOrder, EveryOrderOfThreeIsEquallyLikely) {
  std::map<std::vector<int64_t>, int> counts;
  for (uint64_t seed = 0; seed < 6000; ++seed) ++counts[random_order(3, derive_seed(11, seed))];
  ASSERT_EQ(counts.size(), 6u);
  double chi_square = 0;
  for (const auto& [order, count] : counts)
    chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_LT(chi_square, 20.52);  // 5 degrees of freedom, p = 0.001
}

TEST(DeriveSeed, IsSplitmix64) {
  // Vigna's splitmix64.c from state 1234567.
  EXPECT_EQ(derive_seed(1234567, 0), 6457827717110365317u);
  EXPECT_EQ(derive_seed(1234567, 1), 3203168211198807973u);
}

TEST(DeriveSeed, NeighboursDoNotCollide) {
  std::set<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (uint64_t index = 0; index < 100; ++index) seeds.insert(derive_seed(seed, index));
  }
  EXPECT_EQ(seeds.size(), 10000u);
}

}  // namespace
}  // namespace vidqa::train
