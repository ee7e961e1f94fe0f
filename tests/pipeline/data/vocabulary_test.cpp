#include "pipeline/data/vocabulary.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::data {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Vocabulary, UnknownWordsShareOneId) {
  const Vocabulary vocabulary({"what", "<UNK>", "is"}, 1);
  EXPECT_EQ(vocabulary.id("is"), 2);
  EXPECT_EQ(vocabulary.id("never seen"), 1);
  EXPECT_FALSE(vocabulary.contains("never seen"));
  EXPECT_EQ(vocabulary.word(2), "is");
}

TEST(Vocabulary, FirstIdOfARepeatedWordWins) {
  const Vocabulary vocabulary({"i", "a", "i"}, 1);
  EXPECT_EQ(vocabulary.id("i"), 0);
  EXPECT_EQ(vocabulary.size(), 3);
}

TEST(Vocabulary, IdOfUnknownWordsMustExist) {
  EXPECT_THAT([] { Vocabulary({"a"}, 1); },
              ThrowsMessage<c10::Error>(HasSubstr("must be below 1, got 1")));
}

}  // namespace
}  // namespace vidqa::data
