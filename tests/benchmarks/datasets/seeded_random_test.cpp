#include "benchmarks/datasets/seeded_random.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
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

}  // namespace
}  // namespace vidqa::benchmarks
