#include "fusion/cpu/counter_random.h"

#include <array>
#include <cmath>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::fusion::cpu {
namespace {

using ::testing::ElementsAre;

std::array<uint32_t, 4> twenty_rounds(std::array<uint32_t, 4> x, const uint32_t (&key)[4]) {
  threefry<20>(key, x[0], x[1], x[2], x[3]);
  return x;
}

// kat_vectors of the authors' Random123.
TEST(Threefry, GivesTheKnownAnswers) {
  EXPECT_THAT(twenty_rounds({0, 0, 0, 0}, {0, 0, 0, 0}),
              ElementsAre(0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8));
  EXPECT_THAT(twenty_rounds({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                            {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}),
              ElementsAre(0x2a881696, 0x57012287, 0xf6c7446e, 0xa16a6732));
  EXPECT_THAT(twenty_rounds({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                            {0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89}),
              ElementsAre(0x59cd1dbb, 0xb8879579, 0x86b5d00c, 0xac8b6d84));
}

std::vector<uint32_t> tile(uint64_t key, uint32_t stream, uint64_t row, uint32_t number) {
  std::vector<uint32_t> words(kRandomTile);
  random_tile(key, stream, row, number, words.data());
  return words;
}

TEST(RandomTile, IsTheGeneratorAtTheCounterOfEachLane) {
  const uint64_t key = 0x0123456789abcdef;
  const uint64_t row = 0x100000007;
  const std::vector<uint32_t> words = tile(key, 3, row, 5);
  for (int lane = 0; lane < kRandomLanes; ++lane) {
    uint32_t x[4] = {static_cast<uint32_t>(5 * kRandomLanes + lane), 7, 1, 3};
    threefry<kThreefryRounds>({0x89abcdef, 0x01234567, 0, 0}, x[0], x[1], x[2], x[3]);
    for (int word = 0; word < 4; ++word) EXPECT_EQ(words[word * kRandomLanes + lane], x[word]);
  }
}

TEST(RandomTile, DiffersBetweenKeysStreamsRowsAndTiles) {
  const std::set<std::vector<uint32_t>> tiles = {
      tile(1, 0, 0, 0), tile(2, 0, 0, 0),          tile(1, 1, 0, 0),         tile(1, 0, 1, 0),
      tile(1, 0, 0, 1), tile(1ULL << 32, 0, 0, 0), tile(1, 0, 1ULL << 32, 0)};
  EXPECT_EQ(tiles.size(), 7);
}

TEST(RandomTile, HasUniformWordsWithoutCorrelationBetweenRows) {
  constexpr int kTiles = 2000;
  std::vector<int> buckets(16);
  double product = 0;
  for (int row = 0; row < kTiles; ++row) {
    const std::vector<uint32_t> here = tile(9, 0, static_cast<uint64_t>(row), 0);
    const std::vector<uint32_t> next = tile(9, 0, static_cast<uint64_t>(row) + 1, 0);
    for (int i = 0; i < kRandomTile; ++i) {
      ++buckets[here[i] >> 28];
      product += (std::ldexp(here[i], -32) - 0.5) * (std::ldexp(next[i], -32) - 0.5);
    }
  }
  const double expected = kTiles * kRandomTile / 16.0;
  double chi_square = 0;
  for (const int count : buckets) chi_square += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chi_square, 37.7);  // 15 degrees of freedom, one in a thousand
  // Variance of a product of two uniform numbers around 0: 1 / 144.
  EXPECT_LT(std::abs(product) * 12, 4 * std::sqrt(kTiles * kRandomTile));
}

}  // namespace
}  // namespace vidqa::fusion::cpu
