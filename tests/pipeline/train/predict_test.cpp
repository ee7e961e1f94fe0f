#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/feature_writer.h"
#include "pipeline/train/trainer.h"
#include "tests/pipeline/train/tiny_model.h"
#include "tests/testing/shared_data.h"

namespace vidqa::train {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Gives each question the scores that its label's row in `scores` holds, whatever the text.
class FixedModel : public TinyModel {
 public:
  FixedModel(const models::ModelConfig& config, torch::Tensor scores)
      : TinyModel(config), scores_(std::move(scores)) {}
  models::Output forward(const models::Batch& batch) override {
    EXPECT_FALSE(is_training());
    EXPECT_FALSE(torch::GradMode::is_enabled());
    return {scores_.index_select(0, batch.labels.to(torch::kInt64).clamp_min(0))};
  }

 private:
  torch::Tensor scores_;
};

std::vector<Prediction> predict_fixed(models::Task task,
                                      const std::vector<data::Question>& questions,
                                      const torch::Tensor& scores,
                                      const std::vector<std::string>& answers = {}) {
  FixedModel model(tiny_model(task)->config(), scores);
  return predict(model, data::QaDataset(questions, task, nullptr), answers, 2, torch::kCPU);
}

TEST(Predict, OpenEndedGivesTheBestFiveClassesInOrder) {
  std::vector<data::Question> questions = tiny_questions(models::Task::kOpenEnded, 3);
  questions[0].label = 0;
  questions[1].label = 1;
  questions[1].answer = "b";
  questions[2].label = data::Question::kNoLabel;
  questions[2].answer = "rare";
  const torch::Tensor scores = torch::tensor({{3., 1., 2., 0., 5., 4.}, {1., 1., 0., 0., 0., 0.}});
  const std::vector<Prediction> predictions =
      predict_fixed(models::Task::kOpenEnded, questions, scores, {"a", "b", "c", "d", "e", "f"});
  ASSERT_THAT(predictions, SizeIs(3));
  using Scores = std::vector<std::pair<std::string, double>>;
  EXPECT_EQ(predictions[0].prediction, "e");
  EXPECT_EQ(predictions[0].raw_score, 5);
  EXPECT_EQ(predictions[0].scores, (Scores{{"e", 5}, {"f", 4}, {"a", 3}, {"c", 2}, {"b", 1}}));
  EXPECT_FALSE(predictions[0].correct);
  EXPECT_EQ(predictions[1].prediction, "a") << "the first on ties";
  EXPECT_EQ(predictions[1].scores, (Scores{{"a", 1}, {"b", 1}, {"c", 0}, {"d", 0}, {"e", 0}}));
  EXPECT_EQ(predictions[1].gold, "b");
  EXPECT_FALSE(predictions[2].correct) << "an answer outside the set is never right";
  EXPECT_EQ(predictions[2].gold, "rare");
}

TEST(Predict, MultipleChoiceGivesEveryCandidateInItsOrder) {
  const std::vector<data::Question> questions = tiny_questions(models::Task::kMultipleChoice, 4);
  const torch::Tensor scores = torch::eye(4) * 2 - 1;
  const std::vector<Prediction> predictions =
      predict_fixed(models::Task::kMultipleChoice, questions, scores);
  ASSERT_THAT(predictions, SizeIs(4));
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(predictions[i].correct);
    EXPECT_EQ(predictions[i].question_id, questions[i].id);
    EXPECT_EQ(predictions[i].video, questions[i].video);
    EXPECT_EQ(predictions[i].type, questions[i].type);
    EXPECT_EQ(predictions[i].prediction, predictions[i].gold);
    ASSERT_THAT(predictions[i].scores, SizeIs(4));
    EXPECT_EQ(predictions[i].scores[i], std::pair(questions[i].answer, 1.0));
  }
}

TEST(Predict, CountKeepsTheRawScoreAndRoundsThePrediction) {
  std::vector<data::Question> questions = tiny_questions(models::Task::kCount, 3);
  for (int64_t i = 0; i < 3; ++i) questions[static_cast<size_t>(i)].label = i + 1;
  // Rows 0 to 3: labels are 1, 2, 3.
  const torch::Tensor scores = torch::tensor({{0.}, {-3.5}, {2.25}, {14.}});
  const std::vector<Prediction> predictions =
      predict_fixed(models::Task::kCount, questions, scores);
  ASSERT_THAT(predictions, SizeIs(3));
  EXPECT_EQ(predictions[0].prediction, "1");
  EXPECT_EQ(predictions[0].raw_score, -3.5);
  EXPECT_TRUE(predictions[0].correct);
  EXPECT_EQ(predictions[1].prediction, "2");
  EXPECT_TRUE(predictions[1].correct);
  EXPECT_EQ(predictions[2].prediction, "10");
  EXPECT_EQ(predictions[2].gold, "3");
  EXPECT_TRUE(predictions[2].scores.empty());
}

TEST(Predict, TheSizeOfABatchDoesNotChangeAScore) {
  const auto model = tiny_model();
  const data::QaDataset dataset(tiny_questions(models::Task::kOpenEnded, 7),
                                models::Task::kOpenEnded, nullptr);
  const auto large = predict(*model, dataset, tiny_answers(), 64, torch::kCPU);
  std::vector<int64_t> done;
  const auto small =
      predict(*model, dataset, tiny_answers(), 3, torch::kCPU, [&](int64_t now, int64_t total) {
        EXPECT_EQ(total, 7);
        done.push_back(now);
      });
  EXPECT_EQ(done, (std::vector<int64_t>{3, 6, 7}));
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(small[i].question_id, large[i].question_id);
    EXPECT_NEAR(small[i].raw_score, large[i].raw_score, 1e-6);
  }
}

/// Attends to the first step with half its weight; the rest is shared evenly.
class AttendingModel : public FixedModel {
 public:
  AttendingModel() : FixedModel(tiny_model()->config(), torch::eye(3)) {}
  models::Output forward(const models::Batch& batch) override {
    models::Output output = FixedModel::forward(batch);
    if (!reports_attention()) return output;
    const torch::Tensor lengths = batch.video_lengths.to(torch::kFloat32).unsqueeze(1);
    output.attention = (0.5 / (lengths - 1)).repeat({1, batch.appearance.size(1)});
    output.attention.select(1, 0).fill_(0.5);
    return output;
  }
};

TEST(Predict, KeepsTheAttentionOverTheFramesOfAClipWhereItIsAskedFor) {
  const testing::TempDir folder;
  const std::string path = folder.file("features.h5");
  features::FeatureWriter writer(path);
  writer.write("clip0", torch::randn({3, 2}), {0.5, 1, 1.5}, {});
  writer.write("clip1", torch::randn({5, 2}), {0, 1, 2, 3, 4}, {});
  writer.close();
  std::vector<data::Question> questions = tiny_questions(models::Task::kOpenEnded, 4);
  for (data::Question& question : questions) question.feature_keys = {question.video};
  questions[3].feature_rows = data::Question::RowRange{2, 4};
  data::VideoFeatureOptions options;
  options.appearance_path = path;
  const data::QaDataset dataset(questions, models::Task::kOpenEnded,
                                std::make_shared<data::VideoFeatures>(options, questions));
  AttendingModel model;
  for (const Prediction& p : predict(model, dataset, tiny_answers(), 4, torch::kCPU))
    EXPECT_FALSE(p.attention.has_value());
  model.report_attention(true);
  const auto predictions = predict(model, dataset, tiny_answers(), 4, torch::kCPU);
  using Values = std::vector<double>;
  EXPECT_EQ(predictions[0].attention->seconds, (Values{0.5, 1, 1.5}));
  EXPECT_EQ(predictions[0].attention->weights, (Values{0.5, 0.25, 0.25})) << "without the padding";
  EXPECT_EQ(predictions[2].attention->seconds, (Values{0, 1, 2, 3, 4}));
  EXPECT_EQ(predictions[2].attention->weights, (Values{0.5, 0.125, 0.125, 0.125, 0.125}));
  EXPECT_EQ(predictions[3].attention->seconds, (Values{2, 3}));
  EXPECT_EQ(predictions[3].attention->weights, (Values{0.5, 0.5}));
}

TEST(Predict, AScoreThatIsNotANumberNamesTheQuestion) {
  std::vector<data::Question> questions = tiny_questions(models::Task::kCount, 2);
  questions[0].label = 1;
  questions[1].label = 2;
  try {
    predict_fixed(models::Task::kCount, questions, torch::tensor({{0.}, {1.}, {std::nan("")}}));
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'Q1'"));
  }
}

}  // namespace
}  // namespace vidqa::train
