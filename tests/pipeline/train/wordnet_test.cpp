#include "pipeline/train/wordnet.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/wordnet_folder.h"

namespace vidqa::train {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using vidqa::testing::error_of;

class WordNetTest : public ::testing::Test {
 protected:
  void SetUp() override { vidqa::testing::write_wordnet(folder_.path().string()); }
  /// Of the first meanings of two words.
  static double similarity(const WordNet& wordnet, const std::string& a, const std::string& b,
                           WordNet::PartOfSpeech part = WordNet::kNoun) {
    return wordnet.wu_palmer(wordnet.synsets(a, part).at(0), wordnet.synsets(b, part).at(0), part);
  }
  vidqa::testing::TempDir folder_;
};

TEST_F(WordNetTest, WordsAreFoundInTheirBaseForms) {
  const WordNet wordnet(folder_.path().string());
  EXPECT_EQ(wordnet.synsets("dogs", WordNet::kNoun), wordnet.synsets("hound", WordNet::kNoun));
  EXPECT_EQ(wordnet.synsets("ran", WordNet::kVerb), wordnet.synsets("run", WordNet::kVerb));
  EXPECT_EQ(wordnet.synsets("moving", WordNet::kVerb), wordnet.synsets("move", WordNet::kVerb));
  EXPECT_EQ(wordnet.synsets("walked", WordNet::kVerb), wordnet.synsets("walk", WordNet::kVerb));
  EXPECT_THAT(wordnet.synsets("thing", WordNet::kNoun), SizeIs(2));
  for (const char* word : {"geese", "run", "xyz", "s", ""})
    EXPECT_THAT(wordnet.synsets(word, WordNet::kNoun), IsEmpty()) << word;
}

TEST_F(WordNetTest, SimilarityEqualsValuesWorkedOutByHand) {
  const WordNet wordnet(folder_.path().string());
  EXPECT_DOUBLE_EQ(similarity(wordnet, "dog", "hound"), 1);
  // animal, depth 2, is one step above both: 2 * 2 / (3 + 3).
  EXPECT_DOUBLE_EQ(similarity(wordnet, "dog", "cat"), 4.0 / 6);
  // domestic, depth 3, is one step above dog: 2 * 3 / (4 + 3).
  EXPECT_DOUBLE_EQ(similarity(wordnet, "dog", "domestic"), 6.0 / 7);
  // entity, depth 1: cat two steps below, thing one: 2 * 1 / (3 + 2).
  EXPECT_DOUBLE_EQ(similarity(wordnet, "cat", "thing"), 2.0 / 5);
  EXPECT_DOUBLE_EQ(similarity(wordnet, "run", "walk", WordNet::kVerb), 2.0 / 4);
  // Nothing above both: a root of depth 1, two steps over run and one over eat: 2 * 1 / (3 + 2).
  EXPECT_DOUBLE_EQ(similarity(wordnet, "run", "eat", WordNet::kVerb), 2.0 / 5);
}

TEST_F(WordNetTest, CircleOfHypernymsEnds) {
  const WordNet wordnet(folder_.path().string());
  EXPECT_GT(similarity(wordnet, "hinder", "restrain", WordNet::kVerb), 0);
  EXPECT_GT(similarity(wordnet, "hinder", "walk", WordNet::kVerb), 0);
}

TEST_F(WordNetTest, MissingAndForeignFilesAreNamed) {
  EXPECT_TRUE(WordNet::is_in(folder_.path().string()));
  vidqa::testing::write_file(folder_.file("index.noun"), "dog n 1 1 @ 1 0 00000777\n");
  EXPECT_THAT(error_of([&] { WordNet(folder_.path().string()); }),
              HasSubstr("data.noun: holds no meaning at byte 777"));
  vidqa::testing::write_file(folder_.file("index.noun"), "dog n one 1 @ 1 0 00000100\n");
  EXPECT_THAT(error_of([&] { WordNet(folder_.path().string()); }),
              AllOf(HasSubstr(folder_.file("index.noun") + ": line 1"), HasSubstr("'one'")));
  vidqa::testing::write_file(folder_.file("index.noun"), "dog n 2 1 @ 1 0 00000100\n");
  EXPECT_THAT(error_of([&] { WordNet(folder_.path().string()); }), HasSubstr("is cut off"));
  std::filesystem::remove(folder_.file("data.verb"));
  EXPECT_FALSE(WordNet::is_in(folder_.path().string()));
  vidqa::testing::write_file(folder_.file("index.noun"), "dog n 1 1 @ 1 0 00000100\n");
  EXPECT_THAT(error_of([&] { WordNet(folder_.path().string()); }),
              AllOf(HasSubstr("data.verb: no such file"), HasSubstr("package wordnet-base")));
}

/// The files of the package, where it is installed, or of $VIDQA_WORDNET.
TEST(WordNetRelease, SimilaritiesEqualThoseThatNltkDocuments) {
  const char* variable = std::getenv("VIDQA_WORDNET");
  const std::string folder = variable != nullptr ? variable : WordNet::kDefaultFolder;
  if (!WordNet::is_in(folder)) GTEST_SKIP() << "needs the package wordnet-base";
  const WordNet wordnet(folder);
  const auto first = [&](const std::string& word, WordNet::PartOfSpeech part) {
    return wordnet.synsets(word, part).at(0);
  };
  const WordNet::Synset dog = first("dog", WordNet::kNoun);
  EXPECT_NEAR(wordnet.wu_palmer(dog, first("cat", WordNet::kNoun), WordNet::kNoun), 6.0 / 7, 1e-12);
  EXPECT_NEAR(wordnet.wu_palmer(first("hit", WordNet::kVerb), first("slap", WordNet::kVerb),
                                WordNet::kVerb),
              0.25, 1e-12);
  EXPECT_EQ(wordnet.synsets("feet", WordNet::kNoun), wordnet.synsets("foot", WordNet::kNoun));
  EXPECT_THAT(wordnet.synsets("dog", WordNet::kNoun), SizeIs(7));
}

}  // namespace
}  // namespace vidqa::train
