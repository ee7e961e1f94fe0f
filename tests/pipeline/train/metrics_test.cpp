#include "pipeline/train/metrics.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "tests/testing/shared_data.h"
#include "tests/testing/wordnet_folder.h"

namespace vidqa::train {
namespace {

Prediction answer(const std::string& type, bool correct) {
  Prediction p;
  p.type = type;
  p.correct = correct;
  return p;
}

Prediction count(const std::string& prediction, double raw, const std::string& gold) {
  Prediction p;
  p.question_id = "COUNT1";
  p.type = "count";
  p.prediction = prediction;
  p.raw_score = raw;
  p.gold = gold;
  p.correct = prediction == gold;
  return p;
}

TEST(Metrics, AccuracyIsTheShareOfRightAnswersInAllAndPerType) {
  const MetricsReport report = compute_metrics(
      models::Task::kOpenEnded,
      {answer("what", true), answer("what", false), answer("what", false), answer("who", true)});
  EXPECT_EQ(report.all.num_questions, 4);
  EXPECT_DOUBLE_EQ(report.all.accuracy, 0.5);
  ASSERT_EQ(report.by_type.size(), 2u);
  EXPECT_EQ(report.by_type.at("what").num_questions, 3);
  EXPECT_DOUBLE_EQ(report.by_type.at("what").accuracy, 1.0 / 3);
  EXPECT_DOUBLE_EQ(report.by_type.at("who").accuracy, 1);
}

TEST(Metrics, MeanOfTypesCountsEveryTypeTheSame) {
  const MetricsReport report = compute_metrics(
      models::Task::kOpenEnded,
      {answer("what", true), answer("what", false), answer("what", false), answer("who", true)});
  EXPECT_DOUBLE_EQ(report.mean_of_types, (1.0 / 3 + 1) / 2);
}

TEST(Metrics, WupsIsMeasuredWhereAskedFor) {
  const vidqa::testing::TempDir folder;
  vidqa::testing::write_wordnet(folder.path().string());
  const Wups wups(folder.path().string());
  const auto said = [](const std::string& type, const std::string& prediction,
                       const std::string& gold) {
    Prediction p = answer(type, prediction == gold);
    p.prediction = prediction;
    p.gold = gold;
    return p;
  };
  const std::vector<Prediction> predictions = {said("DL", "dog", "cat"), said("DL", "cat", "cat"),
                                               said("DO", "zebra", "cat")};
  EXPECT_FALSE(compute_metrics(models::Task::kOpenEnded, predictions).all.wups_0.has_value());
  const MetricsReport report = compute_metrics(models::Task::kOpenEnded, predictions, &wups);
  EXPECT_DOUBLE_EQ(report.all.wups_0.value(), (4.0 / 6 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(report.all.wups_9.value(), (0.4 / 6 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(report.by_type.at("DL").wups_0.value(), (4.0 / 6 + 1) / 2);
  EXPECT_DOUBLE_EQ(report.by_type.at("DO").wups_9.value(), 0);
  EXPECT_DOUBLE_EQ(report.all.accuracy, 1.0 / 3);
}

TEST(Metrics, CountHasTheErrorOfTheRawAndOfTheRoundedScore) {
  const MetricsReport report = compute_metrics(
      models::Task::kCount, {count("3", 2.5, "3"), count("1", -1, "2"), count("10", 12, "10")});
  EXPECT_DOUBLE_EQ(report.all.mse, (0.25 + 9 + 4) / 3);
  EXPECT_DOUBLE_EQ(report.all.mse_rounded, 1.0 / 3);
  EXPECT_DOUBLE_EQ(report.all.accuracy, 2.0 / 3);
}

TEST(Metrics, CountNamesTheQuestionWhoseGoldIsNotANumber) {
  try {
    compute_metrics(models::Task::kCount, {count("3", 2.5, "three")});
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(error.what()).find("COUNT1"), std::string::npos) << error.what();
  }
}

TEST(Metrics, NoQuestionsGiveZeros) {
  EXPECT_EQ(compute_metrics(models::Task::kCount, {}).all.num_questions, 0);
  EXPECT_EQ(compute_metrics(models::Task::kCount, {}).all.mse, 0);
}

TEST(PrimaryMetric, IsTheMeanOfItsValuesOverQuestions) {
  const std::vector<Prediction> counts = {count("3", 2.5, "3"), count("1", -1, "2")};
  for (const models::Task task : {models::Task::kCount, models::Task::kMultipleChoice}) {
    const PrimaryMetric metric = primary_metric(task);
    EXPECT_DOUBLE_EQ(metric.value(compute_metrics(task, counts).all),
                     (metric.of(counts[0]) + metric.of(counts[1])) / 2);
  }
}

TEST(PrimaryMetric, KnowsWhichSideIsBetter) {
  EXPECT_TRUE(primary_metric(models::Task::kOpenEnded).better(0.5, 0.4));
  EXPECT_TRUE(primary_metric(models::Task::kCount).better(4, 5));
  EXPECT_FALSE(primary_metric(models::Task::kCount).better(5, 5));
  EXPECT_EQ(primary_metric(models::Task::kCount).name, "mse");
}

}  // namespace
}  // namespace vidqa::train
