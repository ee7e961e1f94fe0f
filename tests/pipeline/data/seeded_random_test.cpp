#include "pipeline/data/seeded_random.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::data {
namespace {

std::vector<uint64_t> draw(SeededRandom random, int count, uint64_t bound) {
  std::vector<uint64_t> values;
  for (int i = 0; i < count; ++i) values.push_back(random.below(bound));
  return values;
}

TEST(SeededRandom, SequenceDependsOnEveryPartOfTheKey) {
  const auto sequence = draw(SeededRandom({1, 2}), 8, 1000000);
  EXPECT_EQ(sequence, draw(SeededRandom({1, 2}), 8, 1000000));
  EXPECT_NE(sequence, draw(SeededRandom({1, 3}), 8, 1000000));
  EXPECT_NE(sequence, draw(SeededRandom({uint64_t{1} << 32 | 1, 2}), 8, 1000000));
}

TEST(SeededRandom, EveryValueBelowTheBoundIsEquallyLikely) {
  std::vector<int> counts(7, 0);
  for (const uint64_t value : draw(SeededRandom({5}), 70000, 7)) ++counts.at(value);
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);  // 5.4 standard deviations
}

TEST(SeededRandom, BoundOfOneGivesZero) { EXPECT_EQ(SeededRandom({1}).below(1), 0U); }

TEST(SeededRandom, ShufflingKeepsTheValues) {
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  std::vector<int> shuffled = values;
  SeededRandom({3}).shuffle(shuffled);
  EXPECT_NE(shuffled, values);
  EXPECT_THAT(shuffled, ::testing::UnorderedElementsAreArray(values));
}

TEST(SeededRandom, EveryOrderOfThreeIsEquallyLikely) {
  std::map<std::vector<int>, int> counts;
  for (uint64_t seed = 0; seed < 6000; ++seed) {
    std::vector<int> order = {0, 1, 2};
    SeededRandom({11, seed}).shuffle(order);
    ++counts[order];
  }
  ASSERT_EQ(counts.size(), 6U);
  double chi_square = 0;
  for (const auto& [order, count] : counts)
    chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_LT(chi_square, 20.52);  // 5 degrees of freedom, p = 0.001
}

TEST(SeededRandom, BitsOfNeighbouringKeysDiffer) {
  std::set<uint64_t> bits;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (uint64_t index = 0; index < 100; ++index) bits.insert(SeededRandom({seed, index}).bits());
  }
  EXPECT_EQ(bits.size(), 10000U);
}

}  // namespace
}  // namespace vidqa::data
