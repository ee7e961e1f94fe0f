#include "benchmarks/datasets/encoded_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(EncodedText, IdsAreReadAndWritten) {
  EXPECT_THAT(parse_encoded_text("2,143,0", 200, "x"), ElementsAre(2, 143, 0));
  EXPECT_THAT(parse_encoded_text("7", 8, "x"), ElementsAre(7));
  EXPECT_EQ(to_encoded_text({2, 143, 0}), "2,143,0");
}

TEST(EncodedText, WhatIsNoListOfIdsIsNamed) {
  for (const char* text : {"", "a", "1,", ",1", "1, 2", "1.5", "1;2"})
    EXPECT_THAT(vidqa::testing::error_of([&] { parse_encoded_text(text, 10, "f: record 3"); }),
                AllOf(HasSubstr("f: record 3: must be word ids"), HasSubstr(text)));
}

TEST(EncodedText, IdsOutsideTheVocabularyAreNamed) {
  for (const char* text : {"1,10", "-1"})
    EXPECT_THAT(vidqa::testing::error_of([&] { parse_encoded_text(text, 10, "f: record 3"); }),
                AllOf(HasSubstr("f: record 3: the word id"),
                      HasSubstr("outside the vocabulary of 10 words")));
}

}  // namespace
}  // namespace vidqa::benchmarks
