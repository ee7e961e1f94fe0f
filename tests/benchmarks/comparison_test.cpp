#include "benchmarks/comparison.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/statistics/bootstrap.h"
#include "pipeline/train/metrics.h"
#include "tests/benchmarks/tiny_comparison.h"
#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using testing::error_of;

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// One comparison that several tests look at.
class FinishedComparison : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<testing::TempDir>();
    options = tiny_comparison(folder->path());
    comparison = train_and_compare(options, {});
  }
  static void TearDownTestSuite() { folder.reset(); }

  static std::vector<train::Prediction> predictions(const std::string& arm, int seed) {
    return train::read_predictions((folder->path() / "out" / "runs" / arm /
                                    ("seed" + std::to_string(seed)) / "predictions.jsonl")
                                       .string());
  }

  static std::unique_ptr<testing::TempDir> folder;
  static ComparisonOptions options;
  static Comparison comparison;
};
std::unique_ptr<testing::TempDir> FinishedComparison::folder;
ComparisonOptions FinishedComparison::options;
Comparison FinishedComparison::comparison;

TEST_F(FinishedComparison, HasEveryRowInOrder) {
  EXPECT_EQ(comparison.dataset, "msvd-qa");
  EXPECT_EQ(comparison.metric, "accuracy");
  EXPECT_TRUE(comparison.higher_is_better);
  EXPECT_EQ(comparison.num_questions, 40);
  EXPECT_THAT(comparison.seeds, ElementsAre(1, 2));
  EXPECT_THAT(comparison.failures, SizeIs(0));
  std::vector<std::string> names;
  for (const ComparisonRow& row : comparison.rows) names.push_back(row.name);
  EXPECT_THAT(names, ElementsAre("chance", "most frequent", "question-only", "default",
                                 "concat_mlp:mm_dim=16,dropout=0"));
}

TEST_F(FinishedComparison, OnlyWhatSeesTheVideoBeatsChance) {
  EXPECT_DOUBLE_EQ(comparison.rows[0].mean, 0.25);
  EXPECT_DOUBLE_EQ(comparison.rows[1].mean, 0.25);
  EXPECT_DOUBLE_EQ(comparison.rows[2].mean, 0.25) << "equal texts, balanced answers";
  EXPECT_GT(comparison.rows[3].mean, 0.8);
  EXPECT_GT(comparison.rows[4].mean, 0.8);
  EXPECT_LT(comparison.rows[2].difference->high, 0) << "question-only is worse than the baseline";
}

TEST_F(FinishedComparison, RowsSayWhatTheRunsGave) {
  for (const auto& [index, arm] : {std::pair(2, "question-only"), std::pair(3, "default"),
                                   std::pair(4, "concat_mlp_mm_dim=16_dropout=0")}) {
    const ComparisonRow& row = comparison.rows[static_cast<size_t>(index)];
    ASSERT_THAT(row.values, SizeIs(2));
    for (int seed : {1, 2}) {
      const auto metrics = train::compute_metrics(models::Task::kOpenEnded, predictions(arm, seed));
      EXPECT_DOUBLE_EQ(row.values[static_cast<size_t>(seed - 1)], metrics.all.accuracy);
    }
    EXPECT_DOUBLE_EQ(row.mean, mean(row.values));
    EXPECT_DOUBLE_EQ(row.sd, standard_deviation(row.values));
    EXPECT_GT(row.parameters, 0);
    EXPECT_GT(row.seconds_per_epoch, 0);
    EXPECT_GT(row.peak_memory_mb, 0);
    ASSERT_THAT(row.by_type, SizeIs(2));
    EXPECT_NEAR((row.by_type.at("what") + row.by_type.at("which")) / 2, row.mean, 1e-12);
  }
  EXPECT_GT(comparison.rows[4].parameters, 0);
  EXPECT_EQ(comparison.rows[0].parameters, 0);
}

TEST_F(FinishedComparison, DifferencesPairTheMeansOverSeedsOfEveryQuestion) {
  EXPECT_TRUE(comparison.rows[3].is_baseline);
  EXPECT_FALSE(comparison.rows[3].difference.has_value());
  std::vector<double> a(40), b(40);
  for (int seed : {1, 2}) {
    for (size_t i = 0; i < 40; ++i) {
      a[i] += predictions("concat_mlp_mm_dim=16_dropout=0", seed)[i].correct ? 0.5 : 0;
      b[i] += predictions("default", seed)[i].correct ? 0.5 : 0;
    }
  }
  std::vector<std::string> videos;
  for (const train::Prediction& p : predictions("default", 1)) videos.push_back(p.video);
  EXPECT_EQ(comparison.num_videos, num_clusters(clusters_of(videos)));
  const Interval expected = paired_bootstrap(a, b, clusters_of(videos), 1000, 1);
  ASSERT_TRUE(comparison.rows[4].difference.has_value());
  EXPECT_DOUBLE_EQ(comparison.rows[4].difference->estimate, expected.estimate);
  EXPECT_DOUBLE_EQ(comparison.rows[4].difference->low, expected.low);
  EXPECT_DOUBLE_EQ(comparison.rows[4].difference->high, expected.high);
}

TEST_F(FinishedComparison, RowsCarryTheirTests) {
  for (size_t i : {0, 1, 2, 4}) {
    ASSERT_TRUE(comparison.rows[i].test.has_value()) << i;
    EXPECT_EQ(comparison.rows[i].test->p_holm.has_value(), i == 4) << "controls are no fusions";
  }
  EXPECT_EQ(comparison.rows[0].test->name, "clustered t");
  EXPECT_FALSE(comparison.rows[3].test.has_value()) << "the baseline";
  EXPECT_LT(comparison.rows[2].test->p, 0.01) << "question-only is worse than the baseline";
  EXPECT_FALSE(comparison.rows[0].interval.has_value());
  EXPECT_TRUE(comparison.rows[3].interval.has_value());
  ASSERT_TRUE(comparison.rows[4].seed_test.has_value());
  EXPECT_EQ(comparison.rows[4].seed_test->num_seeds, 2);
  EXPECT_NEAR(comparison.rows[4].seed_test->difference,
              comparison.rows[4].mean - comparison.rows[3].mean, 1e-12);
  EXPECT_FALSE(comparison.rows[0].seed_test.has_value()) << "chance has no seeds";
}

TEST_F(FinishedComparison, ASecondCallTrainsNothingAndSaysTheSame) {
  const Comparison second = train_and_compare(options, no_training());
  ASSERT_EQ(second.rows.size(), comparison.rows.size());
  for (size_t i = 0; i < second.rows.size(); ++i) {
    EXPECT_EQ(second.rows[i].values, comparison.rows[i].values);
    EXPECT_EQ(second.rows[i].seconds_per_epoch, comparison.rows[i].seconds_per_epoch);
  }
}

TEST_F(FinishedComparison, OtherOptionsInTheSameFolderAreRefusedBeforeAnyTraining) {
  ComparisonOptions other = options;
  other.arms.push_back(fusion_arms(other.arms[0].options, {"linear_sum"})[0]);
  other.arms[0].options.train.learning_rate = 0.5;
  EXPECT_THAT(error_of([&] { train_and_compare(other, no_training()); }),
              AllOf(HasSubstr("learning-rate=0.01"), HasSubstr("learning-rate=0.5")));
}

TEST(Comparison, AFusionThatCannotBeBuiltIsRefusedBeforeAnyTraining) {
  const testing::TempDir folder;
  ComparisonOptions options = shortest_comparison(folder.path());
  options.arms.push_back(fusion_arms(options.arms[0].options, {"nonsense"})[0]);
  EXPECT_THAT(error_of([&] { train_and_compare(options, no_training()); }), HasSubstr("nonsense"));
}

TEST(Comparison, RefusesOptionsThatMakeNoComparison) {
  const testing::TempDir folder;
  const ComparisonOptions good = shortest_comparison(folder.path());
  const auto error = [&](const std::function<void(ComparisonOptions&)>& spoil) {
    ComparisonOptions options = good;
    spoil(options);
    return error_of([&] { train_and_compare(options, no_training()); });
  };
  EXPECT_THAT(error([](auto& o) { o.arms = {}; }), HasSubstr("at least one"));
  EXPECT_THAT(error([](auto& o) {
                o.arms = fusion_arms(o.arms[0].options, {"mcb", "lmf", "mcb"});
              }),
              HasSubstr("'mcb'"));
  EXPECT_THAT(error([](auto& o) { o.baseline = "lmf"; }),
              AllOf(HasSubstr("'lmf'"), HasSubstr("'default'")));
  EXPECT_THAT(error([](auto& o) { o.num_seeds = 0; }), HasSubstr("seeds"));
  EXPECT_THAT(error([](auto& o) { o.arms[0].options.streams = "none"; }), HasSubstr("streams"));
}

TEST(Comparison, AFailedRunDoesNotTakeTheOthersWithItAndIsMadeUpForLater) {
  const testing::TempDir folder;
  ComparisonOptions options = shortest_comparison(folder.path());
  const fs::path run = folder.path() / "out" / "runs" / "default" / "seed1";
  fs::create_directories(run / "predictions.jsonl");  // stands in the way of the file
  const Comparison first = train_and_compare(options, {});
  ASSERT_THAT(first.failures, SizeIs(1));
  EXPECT_EQ(first.failures[0].name, "default");
  EXPECT_EQ(first.failures[0].seed, 1u);
  EXPECT_EQ(first.failures[0].folder, run.string());
  EXPECT_THAT(first.failures[0].reason, HasSubstr("predictions.jsonl"));
  EXPECT_TRUE(fs::exists(run / "FAILED"));
  EXPECT_THAT(first.rows[3].values, SizeIs(0));
  EXPECT_THAT(first.rows[2].values, SizeIs(1)) << "question-only";
  EXPECT_FALSE(first.rows[2].difference.has_value()) << "there is no baseline to differ from";

  fs::remove(run / "predictions.jsonl");
  const Comparison left_alone = train_and_compare(options, no_training());
  ASSERT_THAT(left_alone.failures, SizeIs(1));
  EXPECT_THAT(left_alone.failures[0].reason, HasSubstr("predictions.jsonl"));
  options.retry_failed = true;
  const Comparison second = train_and_compare(options, no_training());
  EXPECT_THAT(second.failures, SizeIs(0));
  EXPECT_THAT(second.rows[3].values, SizeIs(1));
  EXPECT_FALSE(fs::exists(run / "FAILED"));
  EXPECT_THAT(second.notes, ::testing::Contains(HasSubstr("one seed")));
}

TEST(Comparison, AnInterruptionStopsItAndTheNextCallGoesOn) {
  const testing::TempDir folder;
  ComparisonOptions options = shortest_comparison(folder.path());
  train::TrainObserver observer;
  int64_t steps = 0;
  observer.on_step = [&](int64_t, int64_t, int64_t, double) {
    if (++steps == 3) throw train::Interrupted("ctrl-C");
  };
  EXPECT_THROW(train_and_compare(options, observer), train::Interrupted);
  EXPECT_THAT(train_and_compare(options, {}).failures, SizeIs(0));
}

TEST(Comparison, PredictionsOfOtherQuestionsAreNotCounted) {
  const testing::TempDir folder;
  const ComparisonOptions options = shortest_comparison(folder.path());
  train_and_compare(options, {});
  const std::string path =
      (folder.path() / "out" / "runs" / "default" / "seed1" / "predictions.jsonl").string();
  auto predictions = train::read_predictions(path);
  predictions[4].question_id = "stranger";
  train::write_predictions(path, predictions);
  const Comparison comparison = train_and_compare(options, no_training());
  ASSERT_THAT(comparison.failures, SizeIs(1));
  EXPECT_THAT(comparison.failures[0].reason,
              AllOf(HasSubstr(path + ":5"), HasSubstr("'stranger'")));
}

}  // namespace
}  // namespace vidqa::benchmarks
