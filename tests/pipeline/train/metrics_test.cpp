#include "pipeline/train/metrics.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

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
