#include "benchmarks/datasets/activitynet_qa.h"

#include <filesystem>

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

class ActivityNetQa : public ::testing::Test {
 protected:
  void SetUp() override {
    write("train_q.json",
          R"([{"video_name": "a", "question": "is the dog No.3 outdoors", "question_id": "v_a_1"},)"
          R"( {"video_name": "b", "question": "what is the dog doing", "question_id": "v_b_1"}])");
    write("train_a.json", R"([{"answer": "running", "type": 0, "question_id": "v_b_1"},)"
                          R"( {"answer": "yes", "type": 3, "question_id": "v_a_1"}])");
    write("val_q.json",
          R"([{"video_name": "c", "question": "is the cat here", "question_id": "v_c_2"}])");
    write("val_a.json", R"([{"answer": "no", "type": 8, "question_id": "v_c_2"}])");
    write("test_q.json", R"([{"video_name": "d", "question": "is it", "question_id": "v_d_1"}])");
    write("test_a.json", R"([{"answer": "yes", "type": 2, "question_id": "v_d_1"}])");
  }
  void write(const std::string& name, const std::string& content) {
    vidqa::testing::write_file(folder_.file(name), content);
  }
  data::QaCorpus load() { return load_activitynet_qa({folder_.path().string()}); }
  void expect_refused(const std::string& file, const std::string& message) {
    EXPECT_THAT(error_of([&] { load(); }),
                AllOf(HasSubstr(folder_.file(file)), HasSubstr(message)));
  }
  vidqa::testing::TempDir folder_;
};

TEST_F(ActivityNetQa, QuestionsGetTheirAnswersInAnyOrder) {
  const data::QaCorpus corpus = load();
  EXPECT_THAT(corpus.answers, ElementsAre("running", "yes"));
  const data::Question& question = corpus.train[0];
  EXPECT_EQ(question.id, "v_a_1");
  EXPECT_EQ(question.answer, "yes");
  EXPECT_EQ(question.label, 1);
  EXPECT_EQ(question.type, "yes/no");
  EXPECT_THAT(question.feature_keys, ElementsAre("v_a", "a"));
  // <pad> <unk> dog is the
  EXPECT_THAT(question.word_ids, ElementsAre(ElementsAre(3, 4, 2, 1, 1, 1)));
  EXPECT_EQ(corpus.train[1].type, "motion");
  EXPECT_EQ(corpus.val[0].label, data::Question::kNoLabel);
  EXPECT_EQ(corpus.val[0].type, "other");
  EXPECT_EQ(corpus.test[0].type, "temporal");
  EXPECT_EQ(corpus.test[0].label, 1);
}

TEST_F(ActivityNetQa, TestAnswersMayBeHeldBack) {
  std::filesystem::remove(folder_.file("test_a.json"));
  const data::QaCorpus corpus = load();
  EXPECT_EQ(corpus.test[0].label, data::Question::kNoLabel);
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("no test_a.json")));
}

TEST_F(ActivityNetQa, FaultyAnswersAreNamed) {
  write("val_a.json", R"([{"answer": "no", "type": 9, "question_id": "v_c_2"}])");
  expect_refused("val_a.json", "record 1: 'type' must be 0 to 8, got 9");
  write("val_a.json", R"([{"answer": "no", "type": 1, "question_id": "v_c_3"}])");
  expect_refused("val_a.json", "record 1: the question_id v_c_3 is none of the questions");
  write("val_a.json", R"([])");
  expect_refused("val_a.json", "lacks an answer to question v_c_2");
  std::filesystem::remove(folder_.file("val_a.json"));
  expect_refused("val_a.json", "no such file");
}

TEST_F(ActivityNetQa, QuestionsThatStandTwiceOrHoldNoWordAreNamed) {
  const std::string record = R"({"video_name": "c", "question": "is it", "question_id": "v_c_2"})";
  write("val_q.json", "[" + record + "," + record + "]");
  expect_refused("val_a.json", "the question_id v_c_2 stands twice");
  write("val_q.json", R"([{"video_name": "c", "question": "??", "question_id": "v_c_2"}])");
  expect_refused("val_q.json", "record 1: the question holds no word");
}

}  // namespace
}  // namespace vidqa::benchmarks
