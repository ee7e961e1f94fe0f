#include "pipeline/train/wups.h"

#include <gtest/gtest.h>

#include "tests/testing/shared_data.h"
#include "tests/testing/wordnet_folder.h"

namespace vidqa::train {
namespace {

class WupsTest : public ::testing::Test {
 protected:
  WupsTest() { vidqa::testing::write_wordnet(folder_.path().string()); }
  vidqa::testing::TempDir folder_;
};

TEST_F(WupsTest, SimilarityIsTheBestOfAllMeaningsAndParts) {
  const Wups wups(folder_.path().string());
  EXPECT_DOUBLE_EQ(wups.similarity("dog", "dog"), 1);
  EXPECT_DOUBLE_EQ(wups.similarity("zebra", "zebra"), 1);  // equal, if unknown
  EXPECT_DOUBLE_EQ(wups.similarity("zebra", "dog"), 0);
  EXPECT_DOUBLE_EQ(wups.similarity("cats", "dog"), 4.0 / 6);
  EXPECT_DOUBLE_EQ(wups.similarity("ran", "walks"), 0.5);
  EXPECT_DOUBLE_EQ(wups.similarity("run", "dog"), 0);
  // The second meaning of "thing" is that of "entity".
  EXPECT_DOUBLE_EQ(wups.similarity("entity", "thing"), 1);
}

TEST_F(WupsTest, BelowTheThresholdATenthCounts) {
  const Wups wups(folder_.path().string());
  EXPECT_DOUBLE_EQ(wups.score("dog", "cat", 0.0), 4.0 / 6);
  EXPECT_DOUBLE_EQ(wups.score("dog", "cat", 0.9), 0.1 * 4 / 6);
  EXPECT_DOUBLE_EQ(wups.score("dog", "domestic", 0.8), 6.0 / 7);
  EXPECT_DOUBLE_EQ(wups.score("Dog", "dog", 0.9), 1);
}

TEST_F(WupsTest, AnswersOfSeveralWordsAreComparedInBothDirections) {
  const Wups wups(folder_.path().string());
  // dog: best of {dog 1, walk 0}; run: best of {dog 0, walk 0.5}. The other way round the same.
  EXPECT_DOUBLE_EQ(wups.score("dog, run", "walk dog", 0.0), 0.5);
  // {cat} to {cat, dog} gives 1, but back dog finds only cat: the smaller of the two.
  EXPECT_DOUBLE_EQ(wups.score("cat", "cat dog", 0.0), 4.0 / 6);
  EXPECT_DOUBLE_EQ(wups.score("cat dog", "cat", 0.0), 4.0 / 6);
  EXPECT_DOUBLE_EQ(wups.score("cat zebra", "cat", 0.0), 0);
  EXPECT_DOUBLE_EQ(wups.score("", "cat", 0.0), 0);
  EXPECT_DOUBLE_EQ(wups.score("", " ", 0.9), 1);
}

}  // namespace
}  // namespace vidqa::train
