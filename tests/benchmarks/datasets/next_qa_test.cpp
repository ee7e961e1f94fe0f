#include "benchmarks/datasets/next_qa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;

constexpr const char* kChoiceHeader =
    "video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n";
constexpr const char* kPhraseHeader = "video,frame_count,width,height,question,answer,qid,type\n";

class NextQa : public ::testing::Test {
 protected:
  void write(const std::string& split, const std::string& content) {
    vidqa::testing::write_file(folder_.file(split + ".csv"), content);
  }
  void write_choices() {
    write("train", std::string(kChoiceHeader) +
                       "40,369,640,480,how do they play,1,6,CH,roll it,tap,\"strum, twice\",a,b\n"
                       "40,369,640,480,how do they sing,4,7,TN,roll it,tap,c,d,e\n");
    write("val", std::string(kChoiceHeader) + "41,1,2,3,how,0,6,DC,one,two,three,four,five\n");
    write("test", std::string(kChoiceHeader) + "42,1,2,3,why,2,6,CW,a,b,c,d,e\r\n");
  }
  void write_phrases() {
    write("train",
          std::string(kPhraseHeader) +
              "40,369,640,480,why is it,to eat,0,CW\n40,369,640,480,what is it,to eat,1,TC\n"
              "43,369,640,480,how is it,fine,1,CH\n");
    write("val", std::string(kPhraseHeader) + "41,1,2,3,why is it,to drink,0,DO\n");
    write("test", std::string(kPhraseHeader) + "42,1,2,3,is it,fine,0,DB\n");
  }
  data::QaCorpus load(NextQaTask task, int64_t answers = 1000) {
    DatasetOptions options;
    options.root = folder_.path().string();
    options.answer_set_size = answers;
    return load_next_qa(task, options);
  }
  void expect_refused(NextQaTask task, const std::string& message) {
    EXPECT_THAT(error_of([&] { load(task); }),
                AllOf(HasSubstr(folder_.path().string()), HasSubstr(message)));
  }
  vidqa::testing::TempDir folder_;
};

TEST_F(NextQa, ChoicesAreReadFromCommasAndQuotes) {
  write_choices();
  const data::QaCorpus corpus = load(NextQaTask::kMultipleChoice);
  EXPECT_EQ(corpus.task, models::Task::kMultipleChoice);
  EXPECT_FALSE(corpus.scored_by_wups);
  const data::Question& question = corpus.train[0];
  EXPECT_EQ(question.id, "40_6");
  EXPECT_EQ(question.video, "40");
  EXPECT_THAT(question.candidates, ElementsAre("roll it", "tap", "strum, twice", "a", "b"));
  EXPECT_EQ(question.label, 1);
  EXPECT_EQ(question.answer, "tap");
  EXPECT_EQ(question.type, "CH");
  // <pad> <unk> do how it roll tap they
  EXPECT_THAT(question.word_ids[1], ElementsAre(3, 2, 7, 1, 6));
  EXPECT_EQ(corpus.test[0].candidates[4], "e");
}

TEST_F(NextQa, PhrasesAreClassesOfTraining) {
  write_phrases();
  const data::QaCorpus corpus = load(NextQaTask::kOpenEnded);
  EXPECT_EQ(corpus.name, "next-qa-oe");
  EXPECT_TRUE(corpus.scored_by_wups);
  EXPECT_THAT(corpus.answers, ElementsAre("to eat", "fine"));
  EXPECT_EQ(corpus.val[0].label, data::Question::kNoLabel);
  EXPECT_EQ(corpus.test[0].label, 1);
  EXPECT_EQ(load(NextQaTask::kOpenEnded, 1).train.size(), 2U);
}

TEST_F(NextQa, TableOfTheOtherTaskIsRefused) {
  write_phrases();
  expect_refused(NextQaTask::kMultipleChoice, "train.csv: line 1: column 'a0' is missing");
}

TEST_F(NextQa, FaultyRowsAreNamedByLine) {
  write_choices();
  write("val", std::string(kChoiceHeader) + "41,1,2,3,how,5,6,DC,one,two,three,four,five\n");
  expect_refused(NextQaTask::kMultipleChoice,
                 "val.csv: line 2: column 'answer' must be a whole number from 0 to 4, got '5'");
  write("val", std::string(kChoiceHeader) + "41,1,2,3,how,0,6,DC,one,two,three,four\n");
  expect_refused(NextQaTask::kMultipleChoice, "val.csv: line 2: 12 fields where the header has 13");
  write("val", std::string(kChoiceHeader) + "41,1,2,3,how,0,6,XX,one,two,three,four,five\n");
  expect_refused(NextQaTask::kMultipleChoice, "val.csv: line 2: column 'type' must be one of CW");
  const std::string row = "41,1,2,3,how,0,6,DC,one,two,three,four,five\n";
  write("val", kChoiceHeader + row + row);
  expect_refused(NextQaTask::kMultipleChoice, "val.csv: line 3: the qid of question 41_6 stands");
}

}  // namespace
}  // namespace vidqa::benchmarks
