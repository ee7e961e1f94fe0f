#include "benchmarks/datasets/built_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/data/tokenizer.h"
#include "tests/testing/errors.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

data::Question question(const std::string& text, const std::string& answer) {
  data::Question result;
  result.text = text;
  result.answer = answer;
  return result;
}

class BuiltVocabulary : public ::testing::Test {
 protected:
  BuiltVocabulary() {
    corpus_.name = "small";
    corpus_.train = {question("is it red", "yes"), question("is it a b", "no"),
                     question("what is red", "no"), question("who", "ann")};
    corpus_.val = {question("is zebra", "ann")};
    corpus_.test = {question("who is", "no")};
  }
  data::QaCorpus corpus_;
};

TEST_F(BuiltVocabulary, AnswersAreTheMostFrequentOfTrainingAndTiesStandInByteOrder) {
  EXPECT_THAT(most_frequent_answers(corpus_.train, 2), ElementsAre("no", "ann"));
  EXPECT_THAT(most_frequent_answers(corpus_.train, 10), ElementsAre("no", "ann", "yes"));
  EXPECT_THAT(vidqa::testing::error_of([&] { most_frequent_answers(corpus_.train, 0); }),
              HasSubstr("at least 1"));
}

TEST_F(BuiltVocabulary, QuestionsOutsideTheAnswerSetAreDroppedFromTrainingAndCountedElsewhere) {
  build_answer_set(corpus_, 1);
  EXPECT_THAT(corpus_.answers, ElementsAre("no"));
  ASSERT_EQ(corpus_.train.size(), 2U);
  EXPECT_EQ(corpus_.train[0].label, 0);
  EXPECT_EQ(corpus_.val[0].label, data::Question::kNoLabel);
  EXPECT_EQ(corpus_.test[0].label, 0);
  EXPECT_THAT(corpus_.notes, Contains(HasSubstr("2 of 4 training questions were dropped")));
  EXPECT_THAT(corpus_.notes, Contains(HasSubstr("1 of 1 validation questions have answers")));
}

TEST_F(BuiltVocabulary, WordsThatStandTwiceInTrainingAreKnown) {
  build_vocabulary(corpus_, data::plain_words);
  EXPECT_THAT(corpus_.vocabulary.words(), ElementsAre("<pad>", "<unk>", "is", "it", "red"));
  EXPECT_EQ(corpus_.vocabulary.unknown_id(), 1);
  EXPECT_THAT(corpus_.train[0].word_ids, ElementsAre(ElementsAre(2, 3, 4)));
  EXPECT_THAT(corpus_.val[0].word_ids, ElementsAre(ElementsAre(2, 1)));
}

TEST_F(BuiltVocabulary, CandidatesFollowTheQuestion) {
  for (data::Question& q : corpus_.train) q.candidates = {"a b", "red"};
  build_vocabulary(corpus_, data::plain_words);
  const data::Vocabulary& words = corpus_.vocabulary;
  EXPECT_EQ(words.word(2), "red");  // 2 in questions, 4 in candidates
  EXPECT_THAT(corpus_.train[3].word_ids,
              ElementsAre(ElementsAre(1, words.id("a"), words.id("b")), ElementsAre(1, 2)));
}

}  // namespace
}  // namespace vidqa::benchmarks
