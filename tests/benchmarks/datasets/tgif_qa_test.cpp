#include "benchmarks/datasets/tgif_qa.h"

#include <filesystem>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/datasets/tgif_files.h"
#include "tests/testing/pickles.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::vector<Fields> kCountRows = {
    {"gifA", "How many times does the man jump ?", "0", "COUNT1", "7"},
    {"gifB", "How many times does the cat blink ?", "10", "COUNT2", "8"}};

TEST_F(TgifQa, CountOfZeroIsLearntAsOne) {
  write_counts(kCountRows, {{"gifC", "How many times does the dog jump ?", "0", "COUNT3", "9"}});
  const data::QaCorpus corpus = load(TgifTask::kCount);
  EXPECT_EQ(corpus.task, models::Task::kCount);
  const data::Question& question = corpus.test.front();
  EXPECT_EQ(question.label, 1);
  EXPECT_EQ(question.answer, "0");
  EXPECT_EQ(question.video, "gifC");
  EXPECT_THAT(question.feature_keys, ElementsAre("9", "gifC"));
  EXPECT_EQ(question.feature_row, -1);
  // #START# UNK \? blink cat does how jump man many the times: built from the training questions
  EXPECT_THAT(question.word_ids, ElementsAre(ElementsAre(6, 9, 11, 5, 10, 1, 7, 2)));
  EXPECT_EQ(corpus.train.size() + corpus.val.size(), 2U);
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("vocabulary of 12 words was built")));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("drawn with seed 1")));
}

TEST_F(TgifQa, CandidatesFollowTheQuestionAndEndTheSentence) {
  const Fields header = {"gif_name", "question", "a1",     "a2",     "a3",
                         "a4",       "a5",       "answer", "vid_id", "key"};
  const auto row = [](const std::string& gif, const std::string& word, const std::string& id) {
    return Fields{gif, "Does it " + word + " ?", "a", "b c", "\"say \"\"d\"\"\"", "e", "f", "1", id,
                  "3"};
  };
  write("Train_transition_question.csv",
        {header, row("g1", "after", "T1"), row("g2", "before", "T2")});
  write("Test_transition_question.csv", {header, row("g3", "beforehand", "T3")});
  const data::QaCorpus corpus = load(TgifTask::kTransition);
  const data::Question& question = corpus.test.front();
  EXPECT_THAT(question.candidates, ElementsAre("a", "b c", "say \"d\"", "e", "f"));
  EXPECT_EQ(question.label, 1);
  EXPECT_EQ(question.answer, "b c");
  EXPECT_EQ(question.type, "before");
  // #START# UNK <EOS> \? a after b before c d does e f it say
  EXPECT_THAT(question.word_ids[1], ElementsAre(10, 13, 1, 3, 6, 8, 2));
  EXPECT_THAT(question.word_ids[2], ElementsAre(10, 13, 1, 3, 14, 9, 2));
}

TEST_F(TgifQa, FrameQaAnswersAreTheClassesOfTheTrainingTable) {
  const Fields header = {"gif_name", "question", "answer", "type", "vid_id", "key", "description"};
  write("Train_frameqa_question.csv", {header,
                                       {"g1", "what is it ?", "red", "2", "F1", "1", "a red cat"},
                                       {"g2", "what is it ?", "cat", "0", "F2", "2", "a cat"}});
  write("Test_frameqa_question.csv", {header,
                                      {"g3", "what is it ?", "red", "3", "F3", "3", "x"},
                                      {"g4", "what is it ?", "owl", "1", "F4", "4", "x"}});
  const data::QaCorpus corpus = load(TgifTask::kFrameQa);
  EXPECT_THAT(corpus.answers, ElementsAre("cat", "red"));
  EXPECT_EQ(corpus.test[0].label, 1);
  EXPECT_EQ(corpus.test[0].type, "location");
  EXPECT_EQ(corpus.test[1].label, data::Question::kNoLabel);
  EXPECT_EQ(corpus.test[1].type, "number");
  EXPECT_TRUE(corpus.vocabulary.contains("a"));  // of a description
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1 of 2 test questions have answers outside")));
}

TEST_F(TgifQa, FrameQaWordsThatTheReleaseDamagedAreWholeInAVocabularyOfOurOwn) {
  const Fields header = {"gif_name", "question", "answer", "type", "vid_id", "key", "description"};
  write("Train_frameqa_question.csv",
        {header,
         {"g1", "who FRAMEQAorts the FRAMEQAFRAMEQA ?", "fiFRAMEQAlace", "0", "FRAMEQA1", "1", "a"},
         {"g2", "what is it ?", "cat", "0", "FRAMEQA2", "2", "a FRAMEQAtile"}});
  write("Test_frameqa_question.csv",
        {header, {"g3", "what is it ?", "fiFRAMEQAlace", "0", "FRAMEQA3", "3", "x"}});
  const data::QaCorpus corpus = load(TgifTask::kFrameQa);
  EXPECT_THAT(corpus.answers, ElementsAre("cat", "fireplace"));
  EXPECT_EQ(corpus.test[0].label, 1);
  EXPECT_EQ(corpus.test[0].id, "FRAMEQA3");
  for (const char* word : {"reports", "reprep", "reptile"})
    EXPECT_TRUE(corpus.vocabulary.contains(word)) << word;
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("Train_frameqa_question.csv: \"FRAMEQA\" stood for "
                                               "the letters \"rep\" in 3 fields")));
}

TEST_F(TgifQa, FilesBesideTheTablesAreFound) {
  write_counts(kCountRows, {{"gifC", "How many times ?", "2", "COUNT3", "9"}});
  std::filesystem::create_directory(folder_.path() / "Vocabulary");
  const auto touch = [&](const std::string& name) { std::ofstream(folder_.file(name)) << 'x'; };
  touch("Vocabulary/vocab_embedding_Count.pkl");
  touch("TGIF_RESNET_pool5.hdf5");
  data::QaCorpus corpus = load(TgifTask::kCount);
  EXPECT_FALSE(corpus.word_vectors.has_value());  // of another vocabulary
  EXPECT_FALSE(corpus.feature_pair.has_value());  // half of it
  vidqa::testing::write_pickled_index(folder_.file("Vocabulary/word_to_index_Count.pkl"),
                                      {{"#START#", 0}, {"UNK", 1}});
  touch("TGIF_C3D_fc6.hdf5");
  corpus = load(TgifTask::kCount);
  EXPECT_EQ(corpus.word_vectors, folder_.path().string() + "/Vocabulary/vocab_embedding_Count.pkl");
  ASSERT_TRUE(corpus.feature_pair.has_value());
  EXPECT_EQ(corpus.feature_pair->appearance, folder_.path().string() + "/TGIF_RESNET_pool5.hdf5");
  EXPECT_EQ(corpus.feature_pair->motion, folder_.path().string() + "/TGIF_C3D_fc6.hdf5");
}

TEST_F(TgifQa, RowWithAnotherNumberOfColumnsIsNamedByLine) {
  write_counts(kCountRows, {{"gifC", "how ?", "2", "COUNT3"}});
  expect_refused(TgifTask::kCount, "Test_count_question.csv",
                 "line 2: 4 fields where the header has 5");
}

TEST_F(TgifQa, MissingTrainingTableIsNamed) {
  write_counts(kCountRows, kCountRows);
  std::filesystem::remove(folder_.path() / "Train_count_question.csv");
  expect_refused(TgifTask::kCount, "Train_count_question.csv",
                 "no such file; it is part of the TGIF-QA release and tgif-count needs it");
}

TEST_F(TgifQa, OtherTaskInTheFolderIsNotMistakenForThisOne) {
  write_counts(kCountRows, kCountRows);
  EXPECT_THAT([&] { load(TgifTask::kAction); },
              ThrowsMessage<c10::Error>(
                  HasSubstr("Train_action_question.csv or Test_action_question.csv")));
}

TEST_F(TgifQa, ColumnsOfAnotherTaskAreRefused) {
  write_counts(kCountRows, kCountRows);
  for (const char* split : {"Train", "Test"})
    std::filesystem::copy(folder_.path() / (std::string(split) + "_count_question.csv"),
                          folder_.path() / (std::string(split) + "_action_question.csv"));
  expect_refused(TgifTask::kAction, "Train_action_question.csv", "line 1: column 'a1' is missing");
}

TEST_F(TgifQa, AnswerOutOfRangeIsNamedByLine) {
  write_counts(kCountRows, {{"gifC", "how ?", "11", "COUNT3", "9"}});
  expect_refused(TgifTask::kCount, "Test_count_question.csv",
                 "line 2: column 'answer' must be a whole number from 0 to 10, got '11'");
}

TEST_F(TgifQa, KeyThatIsNoNumberIsNamedByLine) {
  write_counts(kCountRows, {{"gifC", "how ?", "2", "COUNT3", "nine"}});
  expect_refused(TgifTask::kCount, "Test_count_question.csv", "line 2: column 'key'");
}

TEST_F(TgifQa, IdThatStandsTwiceIsNamedByLine) {
  write_counts(kCountRows,
               {{"gifC", "how ?", "2", "COUNT3", "9"}, {"gifC", "how ?", "2", "COUNT1", "9"}});
  expect_refused(TgifTask::kCount, "Test_count_question.csv",
                 "line 3: the vid_id COUNT1 stands on an earlier row");
}

TEST_F(TgifQa, QuestionWithoutWordsIsNamedByLine) {
  write_counts(kCountRows, {{"gifC", "...", "2", "COUNT3", "9"}});
  expect_refused(TgifTask::kCount, "Test_count_question.csv", "line 2: the question holds no word");
}

TEST_F(TgifQa, EmptySplitIsNamed) {
  write_counts(kCountRows, {});
  expect_refused(TgifTask::kCount, "Test_count_question.csv", "holds a header and no questions");
}

}  // namespace
}  // namespace vidqa::benchmarks
