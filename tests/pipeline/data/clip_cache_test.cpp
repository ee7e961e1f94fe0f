#include "pipeline/data/clip_cache.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::data {
namespace {

torch::Tensor four_bytes(float value) { return torch::full({1}, value); }

TEST(ClipCache, TheOneUsedLongestAgoGoesFirst) {
  ClipCache cache(12);
  cache.insert("a", four_bytes(1));
  cache.insert("b", four_bytes(2));
  cache.insert("c", four_bytes(3));
  ASSERT_TRUE(cache.find("a"));
  cache.insert("d", four_bytes(4));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_EQ(cache.find("a")->item<float>(), 1);
  EXPECT_EQ(cache.find("c")->item<float>(), 3);
  EXPECT_EQ(cache.find("d")->item<float>(), 4);
  EXPECT_EQ(cache.bytes(), 12);
}

TEST(ClipCache, OneLargeTensorTakesThePlaceOfSeveral) {
  ClipCache cache(12);
  cache.insert("a", four_bytes(1));
  cache.insert("b", four_bytes(2));
  cache.insert("large", torch::zeros({3}));
  EXPECT_FALSE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("large"));
  EXPECT_EQ(cache.bytes(), 12);
}

TEST(ClipCache, TensorBeyondTheBudgetIsNotKeptAndDrivesNothingOut) {
  ClipCache cache(8);
  cache.insert("a", four_bytes(1));
  cache.insert("large", torch::zeros({3}));
  EXPECT_FALSE(cache.find("large"));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_EQ(cache.bytes(), 4);
}

}  // namespace
}  // namespace vidqa::data
