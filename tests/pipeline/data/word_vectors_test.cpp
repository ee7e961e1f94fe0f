#include "pipeline/data/word_vectors.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class WordVectorsTest : public ::testing::Test {
 protected:
  WordVectors load(const std::string& content, int64_t dim) {
    std::ofstream(path_, std::ios::binary) << content;
    return load_word_vectors(vocabulary_, {path_, dim, 7});
  }
  auto throws(const std::string& message) {
    return ThrowsMessage<c10::Error>(AllOf(HasSubstr(path_), HasSubstr(message)));
  }
  const Vocabulary vocabulary_{{"pad", "cat", "dog", ". ."}, 0};
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("glove.txt");
};

TEST_F(WordVectorsTest, RowsOfTheFileStandAtTheIdsOfTheirWords) {
  const WordVectors loaded = load("dog 1 -2.5\nbird 9 9\n. . 3e-1 4\r\ndog 8 8\n", 2);
  EXPECT_EQ(loaded.found, 2);
  EXPECT_TRUE(loaded.vectors[2].equal(torch::tensor({1.0F, -2.5F})));
  EXPECT_TRUE(loaded.vectors[3].equal(torch::tensor({0.3F, 4.0F})));
}

TEST_F(WordVectorsTest, OtherWordsGetTheVectorsThatTheSeedGives) {
  const torch::Tensor without_file = load_word_vectors(vocabulary_, {std::nullopt, 2, 7}).vectors;
  EXPECT_TRUE(load("dog 1 2\n", 2).vectors[1].equal(without_file[1]));
  EXPECT_FALSE(load_word_vectors(vocabulary_, {std::nullopt, 2, 8}).vectors.equal(without_file));
}

TEST(WordVectors, UnseenWordsAreStandardNormal) {
  const Vocabulary vocabulary(std::vector<std::string>(500, "w"), 0);
  const torch::Tensor vectors = load_word_vectors(vocabulary, {std::nullopt, 300, 1}).vectors;
  EXPECT_NEAR(vectors.mean().item<double>(), 0,
              0.02);  // five standard errors of 150,000 values: 0.013
  EXPECT_NEAR(vectors.std().item<double>(), 1, 0.02);
}

TEST(WordVectors, DeviationOfUnseenWordsScalesThem) {
  const Vocabulary vocabulary({"a", "b"}, 0);
  const torch::Tensor one = load_word_vectors(vocabulary, {std::nullopt, 3, 1}).vectors;
  const torch::Tensor small = load_word_vectors(vocabulary, {std::nullopt, 3, 1, 0.4}).vectors;
  EXPECT_TRUE(small.allclose(one * 0.4));
}

TEST_F(WordVectorsTest, PickledArrayHoldsTheVectorOfEveryWord) {
  const std::string pickle = folder_.file("vocab_embedding.pickle");
  const torch::Tensor vectors = torch::randn({4, 3}, torch::kFloat64);
  vidqa::testing::write_pickled_array(pickle, vectors);
  const WordVectors loaded = load_word_vectors(vocabulary_, {pickle, 3, 1});
  EXPECT_TRUE(loaded.vectors.equal(vectors.to(torch::kFloat32)));
  EXPECT_EQ(loaded.found, 4);
}

TEST_F(WordVectorsTest, PickledArrayOfAnotherKindIsNamed) {
  const std::string pickle = folder_.file("vocab_embedding.pickle");
  const auto error = [&](int64_t dim) {
    return vidqa::testing::error_of([&] { load_word_vectors(vocabulary_, {pickle, dim, 1}); });
  };
  vidqa::testing::write_pickled_array(pickle, torch::zeros({5, 3}));
  EXPECT_THAT(error(3), AllOf(HasSubstr(pickle), HasSubstr("4 words and 3 numbers each"),
                              HasSubstr("[5, 3]")));
  vidqa::testing::write_pickled_array(pickle, torch::full({4, 3}, NAN));
  EXPECT_THAT(error(3), HasSubstr(pickle + ": holds NaN or Inf"));
  vidqa::testing::write_pickled_index(pickle, {{"a", 0}});
  EXPECT_THAT(error(3), AllOf(HasSubstr(pickle), HasSubstr("is not a pickled array")));
  vidqa::testing::write_file(pickle, "cos\nsystem\n(S'true'\ntR.");
  EXPECT_THAT(error(3), AllOf(HasSubstr(pickle), HasSubstr("global 'os.system' is not allowed")));
}

TEST_F(WordVectorsTest, NumpyFileHoldsTheVectorOfEveryWord) {
  const std::string path = folder_.file("word_embedding.npy");
  const torch::Tensor vectors = torch::arange(12.0).view({4, 3});
  vidqa::testing::write_npy(path, vectors);
  const WordVectors loaded = load_word_vectors(vocabulary_, {path, 3, 1});
  EXPECT_EQ(loaded.found, 4);
  EXPECT_TRUE(loaded.vectors.equal(vectors.to(torch::kFloat32)));
  EXPECT_THAT(vidqa::testing::error_of([&] {
                load_word_vectors(vocabulary_, {path, 2, 1});
              }),
              HasSubstr(path + ": must be an array of 4 words and 2 numbers"));
}

TEST_F(WordVectorsTest, MeanOfAllRowsStandsInWhereAskedFor) {
  std::ofstream(path_, std::ios::binary) << "cat 4 -8\n. . 8 0\n";
  const WordVectors loaded = load_word_vectors(vocabulary_, {path_, 2, 7, 1, true});
  // The rows of "pad" and "dog" count as zeros: (4 + 8) / 4 and (-8 + 0) / 4.
  for (const int64_t missing : {0, 2})
    EXPECT_TRUE(loaded.vectors[missing].equal(torch::tensor({3.0F, -2.0F})));
  EXPECT_TRUE(loaded.vectors[1].equal(torch::tensor({4.0F, -8.0F})));
}

TEST_F(WordVectorsTest, LineWithAnotherNumberOfValuesIsNamed) {
  EXPECT_THAT([&] { load("cat 1 2\ndog 1\n", 2); },
              throws("line 2 must hold a word and 2 numbers"));
  EXPECT_THAT([&] { load("cat 1 2 3\n", 2); }, throws("line 1"));
  EXPECT_THAT([&] { load("4000 300\ncat 1 2\n", 2); }, throws("word2vec header"));
}

TEST_F(WordVectorsTest, ValueThatIsNoFiniteNumberIsNamed) {
  EXPECT_THAT([&] { load("cat 1 2\ndog 1 x\n", 2); },
              throws("line 2 (word 'dog'): value 2 must be a finite number, got 'x'"));
  EXPECT_THAT([&] { load("cat nan 2\n", 2); }, throws("line 1 (word 'cat'): value 1"));
}

TEST_F(WordVectorsTest, FileWithoutAnyWordOfTheVocabularyIsRefused) {
  EXPECT_THAT([&] { load("bird 1 2\n", 2); }, throws("holds none of the 4 words"));
}

TEST_F(WordVectorsTest, MissingFileIsNamed) {
  EXPECT_THAT([&] { load_word_vectors(vocabulary_, {path_, 2, 1}); }, throws("no such file"));
}

}  // namespace
}  // namespace vidqa::data
