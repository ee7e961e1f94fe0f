#include "benchmarks/datasets/msrvtt_qa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;

class MsrvttQa : public ::testing::Test {
 protected:
  void SetUp() override {
    write(
        "train_qa.json",
        R"([{"answer": "man", "category_id": 14, "id": 0, "question": "what is a man doing?", "video_id": 0},)"
        R"( {"answer": "run", "category_id": 3, "id": 1, "question": "what is he doing?", "video_id": 1},)"
        R"( {"answer": "run", "category_id": 3, "id": 2, "question": "who?", "video_id": 1}])");
    write(
        "val_qa.json",
        R"([{"answer": "run", "category_id": 1, "id": 3, "question": "what is it?", "video_id": 6513}])");
    write(
        "test_qa.json",
        R"([{"answer": "cat", "category_id": 1, "id": 4, "question": "who is doing it?", "video_id": 7010}])");
  }
  void write(const std::string& name, const std::string& content) {
    vidqa::testing::write_file(folder_.file(name), content);
  }
  data::QaCorpus load(int64_t answers = 1000) {
    DatasetOptions options;
    options.root = folder_.path().string();
    options.answer_set_size = answers;
    return load_msrvtt_qa(options);
  }
  vidqa::testing::TempDir folder_;
};

TEST_F(MsrvttQa, ListsAreBuiltFromTraining) {
  const data::QaCorpus corpus = load();
  EXPECT_EQ(corpus.name, "msrvtt-qa");
  EXPECT_THAT(corpus.answers, ElementsAre("run", "man"));
  EXPECT_THAT(corpus.vocabulary.words(), ElementsAre("<pad>", "<unk>", "doing", "is", "what"));
  const data::Question& question = corpus.test.front();
  EXPECT_EQ(question.video, "video7010");
  EXPECT_THAT(question.feature_keys, ElementsAre("video7010", "7010"));
  EXPECT_EQ(question.feature_row, 7010);
  EXPECT_EQ(question.type, "who");
  EXPECT_EQ(question.label, data::Question::kNoLabel);
  EXPECT_THAT(question.word_ids, ElementsAre(ElementsAre(1, 3, 2, 1)));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1 of 1 test questions have answers outside")));
}

TEST_F(MsrvttQa, AnswerSetIsAsLargeAsAskedFor) {
  const data::QaCorpus corpus = load(1);
  EXPECT_THAT(corpus.answers, ElementsAre("run"));
  EXPECT_EQ(corpus.train.size(), 2U);
}

TEST_F(MsrvttQa, ListsOfTheAuthorsCodeAreUsedWhereTheyAreThere) {
  write("vocab.txt", "what\n<UNK>\nis\n");
  EXPECT_THAT(error_of([&] { load(); }), HasSubstr("answer_set.txt: no such file"));
  write("answer_set.txt", "man\nrun\n");
  const data::QaCorpus corpus = load();
  EXPECT_THAT(corpus.val.front().word_ids, ElementsAre(ElementsAre(0, 2, 1)));
  EXPECT_EQ(corpus.val.front().label, 1);
}

TEST_F(MsrvttQa, FaultyRecordsAreNamed) {
  write("val_qa.json", R"([{"answer": "x", "id": 3, "question": "what?", "video_id": -1}])");
  EXPECT_THAT(error_of([&] { load(); }),
              AllOf(HasSubstr("val_qa.json: record 1: video_id must not be negative, got -1")));
}

}  // namespace
}  // namespace vidqa::benchmarks
