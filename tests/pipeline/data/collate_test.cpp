#include "pipeline/data/collate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pipeline/data/qa_dataset.h"
#include "tests/pipeline/data/feature_file.h"
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
  const VideoFeatures::Clip short_clip{torch::full({1, 2}, 1.0F), torch::full({1, 1}, 2.0F)};
  const VideoFeatures::Clip long_clip{torch::full({2, 2}, 3.0F), torch::full({2, 1}, 4.0F)};
  const models::Batch batch =
      collate({&a, &b}, models::Task::kOpenEnded, {&short_clip, &long_clip});
  EXPECT_TRUE(batch.appearance.equal(
      torch::tensor({1, 1, 0, 0, 3, 3, 3, 3}, torch::kFloat32).view({2, 2, 2})));
  EXPECT_TRUE(batch.motion.equal(torch::tensor({2, 0, 4, 4}, torch::kFloat32).view({2, 2, 1})));
  EXPECT_TRUE(batch.video_lengths.equal(torch::tensor({1, 2}, torch::kInt64)));
}

TEST(Collate, CountsAreRealNumbers) {
  const Question a = question({{5}}, 7);
  const models::Batch batch = collate({&a}, models::Task::kCount, {});
  EXPECT_TRUE(batch.labels.equal(torch::tensor({7.0F})));
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
