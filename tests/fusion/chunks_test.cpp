#include "fusion/chunks.h"

#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

using ::testing::ElementsAre;

TEST(ChunkSplit, GivesTheLastChunkWhatIsLeft) {
  EXPECT_THAT(ChunkSplit(23, 4).sizes(), ElementsAre(6, 6, 6, 5));
  EXPECT_THAT(ChunkSplit(26, 4).sizes(), ElementsAre(7, 7, 7, 5));
  EXPECT_EQ(ChunkSplit(1600, 18).sizes().back(), 87);
}

TEST(ChunkSplit, NarrowsTheLastChunksWhereLessThanNothingIsLeft) {
  EXPECT_THAT(ChunkSplit(10, 8).sizes(), ElementsAre(2, 2, 1, 1, 1, 1, 1, 1));
}

TEST(ChunkSplit, CutsEvenlyWhereItCan) {
  EXPECT_EQ(ChunkSplit(1500, 20).sizes(), std::vector<int64_t>(20, 75));
}

TEST(ChunkSplit, AddsUpAndIsRefusedExactlyWhereAChunkIsEmpty) {
  for (int64_t mm_dim = 1; mm_dim <= 60; ++mm_dim) {
    for (int64_t chunks = 1; chunks <= mm_dim; ++chunks) {
      const std::vector<int64_t> sizes = ChunkSplit(mm_dim, chunks).sizes();
      EXPECT_EQ(sizes.size(), static_cast<size_t>(chunks));
      EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), int64_t{0}), mm_dim);
      if (*std::min_element(sizes.begin(), sizes.end()) > 0) {
        EXPECT_NO_THROW(check_chunks("block", mm_dim, chunks)) << mm_dim << "/" << chunks;
      } else {
        EXPECT_THROW(check_chunks("block", mm_dim, chunks), c10::Error) << mm_dim << "/" << chunks;
        EXPECT_NO_THROW(check_chunks("block", mm_dim, chunks - 1)) << "the chunks that it suggests";
      }
    }
  }
}

}  // namespace
}  // namespace vidqa::fusion
