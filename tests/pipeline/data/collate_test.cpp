#include "pipeline/data/collate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pipeline/data/qa_dataset.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Question question(std::vector<std::vector<int64_t>> word_ids, int64_t label) {
  Question result;
  result.id = "Q" + std::to_string(label);
  result.video = "clip" + std::to_string(label);
  result.feature_keys = {result.video};
  result.word_ids = std::move(word_ids);
  result.label = label;
  return result;
}

TEST(Collate, TextIsPaddedOnTheRightToTheLongestOfTheBatch) {
  const Question a = question({{5, 6}, {7}}, 0);
  const Question b = question({{8, 9, 10}, {11, 12}}, 1);
  const models::Batch batch = collate({&a, &b}, models::Task::kMultipleChoice, {});
  EXPECT_TRUE(batch.text.equal(
      torch::tensor({5, 6, 0, 7, 0, 0, 8, 9, 10, 11, 12, 0}, torch::kInt64).view({2, 2, 3})));
  EXPECT_TRUE(batch.text_lengths.equal(torch::tensor({2, 1, 3, 2}, torch::kInt64).view({2, 2})));
  EXPECT_TRUE(batch.labels.equal(torch::tensor({0, 1}, torch::kInt64)));
  EXPECT_FALSE(batch.has_video());
}

TEST(Collate, VideoIsPaddedOnTheRightWithZeros) {
  const Question a = question({{5}}, 3);
  const Question b = question({{6}}, 4);
  const VideoFeatures::Clip short_clip{torch::full({1, 2}, 1.0F), torch::full({1, 1}, 2.0F), {}};
  const VideoFeatures::Clip long_clip{torch::full({2, 2}, 3.0F), torch::full({2, 1}, 4.0F), {}};
  const models::Batch batch = collate({&a, &b}, models::Task::kOpenEnded, {short_clip, long_clip});
  EXPECT_TRUE(batch.appearance.equal(
      torch::tensor({1, 1, 0, 0, 3, 3, 3, 3}, torch::kFloat32).view({2, 2, 2})));
  EXPECT_TRUE(batch.motion.equal(torch::tensor({2, 0, 4, 4}, torch::kFloat32).view({2, 2, 1})));
  EXPECT_TRUE(batch.video_lengths.equal(torch::tensor({1, 2}, torch::kInt64)));
}

TEST(Collate, PublishedShiftReadsTheLastStepsOfThePaddedClip) {
  const Question a = question({{5}}, 0);
  const Question b = question({{6}}, 1);
  const Question c = question({{7}}, 2);
  const auto clip = [](const std::vector<float>& rows) {
    const torch::Tensor column = torch::tensor(rows).unsqueeze(1);
    return VideoFeatures::Clip{column, column * 10, {}};
  };
  const std::vector<VideoFeatures::Clip> clips = {clip({1, 2, 3, 4, 5}), clip({6, 7, 8, 9}),
                                                  clip({11, 12})};
  const models::Batch batch =
      collate({&a, &b, &c}, models::Task::kOpenEnded, clips, {}, VideoShift::kAsHmeTvqa);
  // Of 5 steps, the clip of 4 rows is read from its row 1 on, the clip of 2 rows not at all.
  const torch::Tensor expected =
      torch::tensor({1, 2, 3, 4, 5, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0}, torch::kFloat32).view({3, 5, 1});
  EXPECT_TRUE(batch.appearance.equal(expected)) << batch.appearance;
  EXPECT_TRUE(batch.motion.equal(expected * 10));
  EXPECT_TRUE(batch.video_lengths.equal(torch::tensor({5, 4, 2}, torch::kInt64)));
}

TEST(Collate, CountsAreRealNumbers) {
  const Question a = question({{5}}, 7);
  const models::Batch batch = collate({&a}, models::Task::kCount, {});
  EXPECT_TRUE(batch.labels.equal(torch::tensor({7.0F})));
}

TEST(Collate, QuestionAnswersAndStreamsHaveTheirOwnLengths) {
  Question a = question({{5, 2, 6, 2}, {5, 2, 7, 8, 2}}, 0);
  a.question_ids = {5, 2};
  a.answer_ids = {{6, 2}, {7, 8, 2}};
  a.text_streams = {{"sub", {9, 2}}, {"vcpt", {2}}};
  Question b = question({{5, 5, 2, 2}, {5, 5, 2, 2}}, 1);
  b.question_ids = {5, 5, 2};
  b.answer_ids = {{2}, {2}};
  b.text_streams = {{"sub", {2}}, {"vcpt", {3, 4, 2}}};
  const VideoFeatures::Clip first{{}, {}, {torch::full({2, 1}, 1.0F), torch::full({1, 2}, 2.0F)}};
  const VideoFeatures::Clip second{{}, {}, {torch::full({1, 1}, 3.0F), torch::full({1, 2}, 4.0F)}};
  const models::Batch batch =
      collate({&a, &b}, models::Task::kMultipleChoice, {first, second}, {"imagenet", "motion"});
  const auto ids = [](std::vector<int64_t> values, std::vector<int64_t> shape) {
    return torch::tensor(values, torch::kInt64).view(shape);
  };
  EXPECT_TRUE(batch.question.equal(ids({5, 2, 0, 5, 5, 2}, {2, 3})));
  EXPECT_TRUE(batch.question_lengths.equal(ids({2, 3}, {2})));
  EXPECT_TRUE(batch.answers.equal(ids({6, 2, 0, 7, 8, 2, 2, 0, 0, 2, 0, 0}, {2, 2, 3})));
  EXPECT_TRUE(batch.answer_lengths.equal(ids({2, 3, 1, 1}, {2, 2})));
  ASSERT_EQ(batch.streams.size(), 4U);
  EXPECT_TRUE(batch.stream("sub").is_text());
  EXPECT_TRUE(batch.stream("sub").values.equal(ids({9, 2, 2, 0}, {2, 2})));
  EXPECT_TRUE(batch.stream("vcpt").values.equal(ids({2, 0, 0, 3, 4, 2}, {2, 3})));
  EXPECT_TRUE(batch.stream("vcpt").lengths.equal(ids({1, 3}, {2})));
  EXPECT_FALSE(batch.stream("imagenet").is_text());
  EXPECT_TRUE(batch.stream("imagenet")
                  .values.equal(torch::tensor({1.0F, 1.0F, 3.0F, 0.0F}).view({2, 2, 1})));
  EXPECT_TRUE(batch.stream("imagenet").lengths.equal(ids({2, 1}, {2})));
  EXPECT_TRUE(batch.stream("motion").lengths.equal(ids({1, 1}, {2})));
  EXPECT_FALSE(batch.has_video()) << "appearance and motion are another matter";
  EXPECT_EQ(batch.text.size(2), 5);
}

TEST(Collate, QuestionWithoutAStreamOfTheOthersIsNamed) {
  Question a = question({{5}}, 0);
  a.text_streams = {{"sub", {2}}};
  const Question b = question({{5}}, 1);
  EXPECT_THAT(
      [&] {
        collate({&a, &b}, models::Task::kMultipleChoice, {});
      },
      ThrowsMessage<c10::Error>(AllOf(HasSubstr("Q1"), HasSubstr("the stream sub"))));
}

TEST(Collate, QuestionThatDoesNotFitTheBatchIsNamed) {
  const Question five = question({{1}, {2}}, 0);
  const Question two = question({{1}}, 1);
  const Question silent = question({{}}, 2);
  EXPECT_THAT(
      [&] {
        collate({&five, &two}, models::Task::kMultipleChoice, {});
      },
      ThrowsMessage<c10::Error>(AllOf(HasSubstr("Q1"), HasSubstr("1 texts"))));
  EXPECT_THAT([&] { collate({&silent}, models::Task::kOpenEnded, {}); },
              ThrowsMessage<c10::Error>(HasSubstr("Q2 has a text without words")));
  EXPECT_THAT([&] { collate({}, models::Task::kOpenEnded, {}); },
              ThrowsMessage<c10::Error>(HasSubstr("at least one question")));
}

TEST(QaDataset, BatchHoldsTheQuestionsInTheOrderOfTheIndices) {
  const vidqa::testing::TempDir folder;
  const std::string path = folder.file("features.h5");
  const torch::Tensor first = torch::rand({3, 2});
  const torch::Tensor second = torch::rand({2, 2});
  vidqa::testing::write_feature_file(path, {{"clip0", first}, {"clip1", second}});
  const std::vector<Question> questions = {question({{5}}, 0), question({{6}}, 1)};
  const QaDataset dataset(questions, models::Task::kOpenEnded,
                          std::make_shared<VideoFeatures>(VideoFeatureOptions{path}, questions));
  EXPECT_NO_THROW(dataset.check_features());
  const models::Batch batch = dataset.batch({1, 0, 1});
  EXPECT_TRUE(batch.labels.equal(torch::tensor({1, 0, 1}, torch::kInt64)));
  EXPECT_TRUE(batch.appearance[1].equal(first));
  EXPECT_TRUE(batch.appearance[2].narrow(0, 0, 2).equal(second));
}

TEST(QaDataset, CheckReadsTheNamedStreamsAndTellsOfQuestionsThatSeeNothing) {
  const vidqa::testing::TempDir folder;
  const std::string path = folder.file("imagenet.h5");
  vidqa::testing::write_feature_file(path, {{"clip0", torch::ones({3, 2})}});
  std::vector<Question> questions = {question({{5}}, 0), question({{6}}, 0)};
  questions[1].id = "blind";
  questions[1].feature_rows = Question::RowRange{3, 5};
  VideoFeatureOptions options;
  options.streams.push_back({"imagenet", path});
  const auto features = std::make_shared<VideoFeatures>(options, questions);
  const QaDataset dataset(&questions, models::Task::kOpenEnded, features);
  dataset.check_features();
  ASSERT_EQ(features->warnings().size(), 1U);
  EXPECT_THAT(features->warnings()[0], AllOf(HasSubstr(path), HasSubstr("1 questions see no row"),
                                             HasSubstr("blind (clip0, rows 3 to 5 of 3)")));
  const models::Batch batch = dataset.batch({1, 0});
  EXPECT_TRUE(batch.stream("imagenet").lengths.equal(torch::tensor({1, 3}, torch::kInt64)));
  EXPECT_EQ(batch.stream("imagenet").values[0].abs().max().item<float>(), 0);
  EXPECT_FALSE(batch.has_video());
  EXPECT_EQ(features->stream_dim("imagenet"), 2);
  EXPECT_EQ(features->appearance_dim(), 0);
  EXPECT_THAT([&] { features->stream_dim("motion"); },
              ThrowsMessage<c10::Error>(HasSubstr("'imagenet'")));
}

TEST(QaDataset, MissingClipIsFoundBeforeTraining) {
  const vidqa::testing::TempDir folder;
  const std::string path = folder.file("features.h5");
  vidqa::testing::write_feature_file(path, {{"clip0", torch::rand({3, 2})}});
  const std::vector<Question> questions = {question({{5}}, 0), question({{6}}, 1)};
  const QaDataset dataset(questions, models::Task::kOpenEnded,
                          std::make_shared<VideoFeatures>(VideoFeatureOptions{path}, questions));
  EXPECT_THAT([&] { dataset.check_features(); }, ThrowsMessage<c10::Error>(HasSubstr("'clip1'")));
}

TEST(QaDataset, WithoutFeaturesBatchesHoldTextOnly) {
  const QaDataset dataset({question({{5}}, 0)}, models::Task::kOpenEnded, nullptr);
  EXPECT_NO_THROW(dataset.check_features());
  EXPECT_FALSE(dataset.batch({0}).has_video());
}

}  // namespace
}  // namespace vidqa::data
