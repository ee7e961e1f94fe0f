#include "benchmarks/datasets/clip_split.h"

#include <algorithm>
#include <set>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

/// `clips` clips with three questions each.
data::QaCorpus corpus_of(int clips) {
  data::QaCorpus corpus;
  corpus.name = "some-data";
  for (int i = 0; i < 3 * clips; ++i) {
    data::Question question;
    question.id = "Q" + std::to_string(i);
    question.video = "clip" + std::to_string(i % clips);
    corpus.train.push_back(question);
  }
  return corpus;
}

std::set<std::string> ids(const std::vector<data::Question>& questions, bool of_clips) {
  std::set<std::string> result;
  for (const auto& question : questions) result.insert(of_clips ? question.video : question.id);
  return result;
}

TEST(DrawValidationSplit, AllQuestionsOfAClipGoToOneSide) {
  data::QaCorpus corpus = corpus_of(40);
  draw_validation_split(corpus, 0.1, 1);
  EXPECT_EQ(corpus.val.size(), 12U);
  EXPECT_EQ(corpus.train.size(), 108U);
  EXPECT_EQ(ids(corpus.val, true).size(), 4U);
  for (const std::string& clip : ids(corpus.val, true))
    EXPECT_EQ(ids(corpus.train, true).count(clip), 0U);
  EXPECT_THAT(corpus.notes,
              ElementsAre(HasSubstr("12 questions about 4 of the 40 training clips")));
}

TEST(DrawValidationSplit, DependsOnTheSeedAndNotOnTheOrderOfTheFile) {
  data::QaCorpus first = corpus_of(40);
  data::QaCorpus reversed = corpus_of(40);
  data::QaCorpus other_seed = corpus_of(40);
  std::reverse(reversed.train.begin(), reversed.train.end());
  draw_validation_split(first, 0.25, 1);
  draw_validation_split(reversed, 0.25, 1);
  draw_validation_split(other_seed, 0.25, 2);
  EXPECT_EQ(ids(first.val, false), ids(reversed.val, false));
  EXPECT_NE(ids(first.val, false), ids(other_seed.val, false));
}

TEST(DrawValidationSplit, BothSidesKeepAClip) {
  for (const double share : {0.01, 0.99}) {
    data::QaCorpus corpus = corpus_of(3);
    draw_validation_split(corpus, share, 1);
    EXPECT_FALSE(corpus.train.empty());
    EXPECT_FALSE(corpus.val.empty());
  }
}

TEST(DrawValidationSplit, RefusesSharesAndDataThatCannotBeSplit) {
  data::QaCorpus corpus = corpus_of(3);
  EXPECT_THAT([&] { draw_validation_split(corpus, 1.0, 1); },
              ThrowsMessage<c10::Error>(HasSubstr("between 0 and 1, got 1")));
  corpus = corpus_of(1);
  EXPECT_THAT([&] { draw_validation_split(corpus, 0.1, 1); },
              ThrowsMessage<c10::Error>(HasSubstr("two training clips, got 1")));
}

TEST(NoteSharedClips, SaysHowManyClipsSplitsShare) {
  data::QaCorpus corpus = corpus_of(4);
  corpus.test = {corpus.train[0], corpus.train[1], corpus.train[4]};
  note_shared_clips(corpus);
  EXPECT_THAT(corpus.notes,
              ElementsAre(HasSubstr("2 clips of the test split are also in the training")));
}

TEST(NoteSharedClips, SaysNothingOfSeparateSplits) {
  data::QaCorpus corpus = corpus_of(4);
  draw_validation_split(corpus, 0.5, 1);
  corpus.notes.clear();
  note_shared_clips(corpus);
  EXPECT_THAT(corpus.notes, IsEmpty());
}

}  // namespace
}  // namespace vidqa::benchmarks
