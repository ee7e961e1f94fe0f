#include "benchmarks/baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;

data::Question question(const std::string& type, int64_t label,
                        std::vector<std::string> candidates = {}) {
  data::Question q;
  q.type = type;
  q.label = label;
  q.candidates = std::move(candidates);
  return q;
}

TEST(ChanceValues, AreTheShareOfOneAnswerAndNothingOutsideTheSet) {
  data::QaCorpus corpus;
  corpus.answers = {"a", "b", "c", "d"};
  corpus.test = {question("what", 2), question("what", data::Question::kNoLabel)};
  EXPECT_THAT(chance_values(corpus), ElementsAre(0.25, 0));
}

TEST(ChanceValues, OfMultipleChoiceFollowTheNumberOfCandidates) {
  data::QaCorpus corpus;
  corpus.task = models::Task::kMultipleChoice;
  corpus.test = {question("x", 1, {"a", "b"}), question("x", 0, {"a", "b", "c", "d", "e"})};
  EXPECT_THAT(chance_values(corpus), ElementsAre(0.5, 0.2));
}

TEST(ChanceValues, OfCountsAreTheExpectedSquaredErrorOfAUniformDraw) {
  data::QaCorpus corpus;
  corpus.task = models::Task::kCount;
  corpus.test = {question("count", 1), question("count", 5)};
  // (0 + 1 + 4 + ... + 81) / 10 and (16 + 9 + 4 + 1 + 0 + 1 + 4 + 9 + 16 + 25) / 10
  EXPECT_THAT(chance_values(corpus), ElementsAre(28.5, 8.5));
}

TEST(MostFrequentValues, FollowTheQuestionTypeAndElseAllTypes) {
  data::QaCorpus corpus;
  corpus.answers = {"a", "b", "c"};
  corpus.train = {question("what", 1), question("what", 1), question("what", 0),
                  question("who", 2),  question("who", 0),  question("who", 0),
                  question("how", 2),  question("how", 1)};
  corpus.test = {question("what", 1),
                 question("what", 0),
                 question("who", 0),
                 question("how", 1),
                 question("how", 2),  // a tie: the lower class
                 question("when", 1),
                 question("when", 0),  // over all: a 3, b 3, c 2
                 question("who", data::Question::kNoLabel)};
  EXPECT_THAT(most_frequent_values(corpus), ElementsAre(1, 0, 1, 1, 0, 0, 1, 0));
}

TEST(MostFrequentValues, OfMultipleChoiceTakeTheTextThatWasRightMostOften) {
  data::QaCorpus corpus;
  corpus.task = models::Task::kMultipleChoice;
  corpus.train = {question("x", 0, {"jump", "run"}), question("x", 1, {"run", "jump"}),
                  question("x", 0, {"run", "sit"}), question("y", 1, {"jump", "sit"})};
  corpus.test = {question("x", 2, {"sit", "run", "jump"}), question("x", 0, {"run", "sit"}),
                 question("x", 0, {"fly", "swim"}),  // none was ever right: the first
                 question("x", 1, {"jump", "jump"}), question("y", 0, {"sit", "jump"})};
  EXPECT_THAT(most_frequent_values(corpus), ElementsAre(1, 1, 1, 0, 1));
}

TEST(MostFrequentValues, OfCountsAreTheSquaredErrorOfTheMode) {
  data::QaCorpus corpus;
  corpus.task = models::Task::kCount;
  corpus.train = {question("count", 2), question("count", 2), question("count", 8)};
  corpus.test = {question("count", 2), question("count", 5)};
  EXPECT_THAT(most_frequent_values(corpus), ElementsAre(0, 9));
  EXPECT_DOUBLE_EQ(mean_count_mse(corpus), (4.0 + 1.0) / 2);
}

}  // namespace
}  // namespace vidqa::benchmarks
