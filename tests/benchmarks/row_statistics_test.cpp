#include "benchmarks/row_statistics.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/statistics/bootstrap.h"
#include "benchmarks/statistics/mcnemar.h"
#include "benchmarks/statistics/power.h"
#include "benchmarks/statistics/proportion.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = ComparisonRow::Kind;

ValuedRow row_of(const std::string& name, const std::vector<double>& values,
                 const std::map<uint64_t, double>& by_seed = {}, Kind kind = Kind::kFusion) {
  ValuedRow r;
  r.row.kind = kind;
  r.row.name = name;
  r.question_values = values;
  r.by_seed = by_seed;
  if (!values.empty()) r.row.mean = mean(values);
  for (const auto& [seed, value] : by_seed) r.row.values.push_back(value);
  return r;
}

StatisticsOptions short_options() {
  StatisticsOptions options;
  options.bootstrap_samples = 200;
  return options;
}

TEST(DrawnByVideo, NeedsMoreThanOneKnownVideo) {
  const DrawnTogether videos = drawn_by_video({"x", "y", "x"});
  EXPECT_THAT(videos.clusters, ElementsAre(0, 1, 0));
  EXPECT_EQ(videos.num_videos, 2);
  EXPECT_EQ(videos.note, "");
  const DrawnTogether one = drawn_by_video({"x", "x", "x"});
  EXPECT_THAT(one.clusters, ElementsAre(0, 1, 2));
  EXPECT_EQ(one.num_videos, 0);
  EXPECT_THAT(one.note, HasSubstr("one video"));
  const DrawnTogether unknown = drawn_by_video({"x", "", "y"});
  EXPECT_EQ(unknown.num_videos, 0);
  EXPECT_THAT(unknown.note, HasSubstr("not known"));
}

TEST(MeansByType, CountSubTypesWithTheirType) {
  EXPECT_EQ(means_by_type({"what/when", "who", "what/before"}, {1, 1, 0}),
            (std::map<std::string, double>{{"what", 0.5}, {"who", 1}}));
}

TEST(RowStatistics, SingleRunsAreTestedByMcNemar) {
  std::vector<ValuedRow> rows = {row_of("base", {1, 0, 0, 1, 0, 1}),
                                 row_of("other", {1, 1, 1, 0, 1, 1})};
  set_statistics(rows, 0, no_clusters(6), short_options());
  EXPECT_TRUE(rows[0].row.is_baseline);
  EXPECT_FALSE(rows[0].row.difference || rows[0].row.test || rows[0].row.seed_test);
  const ComparisonRow& row = rows[1].row;
  ASSERT_TRUE(row.test && row.test->discordant);
  EXPECT_EQ(row.test->discordant->only_row, 3);
  EXPECT_EQ(row.test->discordant->only_baseline, 1);
  EXPECT_EQ(row.test->name, "McNemar, exact");
  EXPECT_DOUBLE_EQ(row.test->p, mcnemar(3, 1).p);
  EXPECT_FALSE(row.seed_test);
  const Interval expected =
      paired_bootstrap(rows[1].question_values, rows[0].question_values, no_clusters(6), 200, 1);
  EXPECT_EQ(row.difference->estimate, 2.0 / 6);
  EXPECT_EQ(row.difference->low, expected.low);
  EXPECT_EQ(row.difference->high, expected.high);
  EXPECT_EQ(row.interval->low, wilson_interval(5.0 / 6, 6).low);
  EXPECT_EQ(rows[0].row.interval->high, wilson_interval(0.5, 6).high);
}

TEST(RowStatistics, MeansOverSeedsAreTestedOverVideos) {
  const std::vector<double> base = {1, 0, 0.5, 0, 1, 0.5};
  const std::vector<double> other = {1, 0.5, 1, 0.5, 0.5, 1};
  const Clusters clusters = {0, 0, 1, 1, 2, 2};
  std::vector<ValuedRow> rows = {row_of("base", base), row_of("other", other)};
  set_statistics(rows, 0, clusters, short_options());
  const ClusteredMean expected = clustered_mean({0, 0.5, 0.5, 0.5, -0.5, 0.5}, clusters);
  ASSERT_TRUE(rows[1].row.test);
  EXPECT_EQ(rows[1].row.test->name, "clustered t");
  EXPECT_FALSE(rows[1].row.test->discordant);
  EXPECT_DOUBLE_EQ(rows[1].row.test->p, expected.p);
  EXPECT_DOUBLE_EQ(rows[1].row.test->detectable_difference,
                   detectable_difference(expected.standard_error));
}

TEST(RowStatistics, HolmIsOverFusionsAndNotOverControls) {
  const std::vector<double> base = {0, 0, 0, 0, 0, 0, 0, 0};
  std::vector<ValuedRow> rows = {
      row_of("chance", {.2, .2, .2, .2, .2, .2, .2, .3}, {}, Kind::kChance),
      row_of("question-only", {1, 1, 0, 0, 0, 0, 0, 0}, {}, Kind::kQuestionOnly),
      row_of("base", base), row_of("five", {1, 1, 1, 1, 1, 0, 0, 0}),
      row_of("seven", {1, 1, 1, 1, 1, 1, 1, 0})};
  set_statistics(rows, 2, no_clusters(8), short_options());
  EXPECT_FALSE(rows[0].row.interval) << "chance is no sample";
  EXPECT_TRUE(rows[0].row.test);
  EXPECT_FALSE(rows[0].row.test->p_holm);
  EXPECT_FALSE(rows[1].row.test->p_holm);
  EXPECT_DOUBLE_EQ(rows[3].row.test->p, 2.0 / 32);
  EXPECT_DOUBLE_EQ(*rows[3].row.test->p_holm, 2.0 / 32);
  EXPECT_DOUBLE_EQ(*rows[4].row.test->p_holm, 2 * 2.0 / 128);
}

TEST(RowStatistics, SeedsArePairedByNumber) {
  std::vector<ValuedRow> rows = {row_of("base", {0.5, 1}, {{1, 0.70}, {2, 0.72}, {3, 0.71}}),
                                 row_of("other", {1, 1}, {{1, 0.73}, {3, 0.72}, {4, 0.1}}),
                                 row_of("alone", {1, 1}, {{2, 0.9}})};
  set_statistics(rows, 0, no_clusters(2), short_options());
  ASSERT_TRUE(rows[1].row.seed_test);
  const SeedTest& test = *rows[1].row.seed_test;
  EXPECT_EQ(test.num_seeds, 2);
  EXPECT_NEAR(test.difference, 0.02, 1e-12);
  EXPECT_NEAR(test.sd, std::sqrt(2.0) * 0.01, 1e-12);
  EXPECT_DOUBLE_EQ(test.wilcoxon_p, 0.5);
  EXPECT_EQ(test.epsilon, 0);
  EXPECT_EQ(test.seeds_needed, seeds_needed(0.01, test.sd));
  EXPECT_FALSE(rows[2].row.seed_test) << "one common seed";
}

TEST(RowStatistics, LowerIsBetterTurnsTheOrderRound) {
  StatisticsOptions options = short_options();
  options.is_accuracy = false;
  options.higher_is_better = false;
  std::vector<ValuedRow> rows = {row_of("base", {4, 5, 3}, {{1, 4.0}, {2, 4.1}}),
                                 row_of("better", {3, 4, 3}, {{1, 3.0}, {2, 3.2}})};
  set_statistics(rows, 0, no_clusters(3), options);
  EXPECT_EQ(rows[1].row.seed_test->epsilon, 0) << "a lower error is better";
  EXPECT_FALSE(rows[1].row.interval);
  EXPECT_EQ(rows[1].row.test->name, "clustered t");
}

TEST(RowStatistics, FailedRowsAndASingleQuestionHaveNoTests) {
  std::vector<ValuedRow> rows = {row_of("base", {1, 0}), row_of("failed", {})};
  set_statistics(rows, 0, no_clusters(2), short_options());
  EXPECT_FALSE(rows[1].row.difference || rows[1].row.test || rows[1].row.interval);
  std::vector<ValuedRow> lost = {row_of("base", {}), row_of("other", {1, 0})};
  set_statistics(lost, 0, no_clusters(2), short_options());
  EXPECT_FALSE(lost[1].row.difference || lost[1].row.test);
  std::vector<ValuedRow> one = {row_of("base", {1}), row_of("other", {0})};
  set_statistics(one, 0, no_clusters(1), short_options());
  EXPECT_TRUE(one[1].row.difference);
  EXPECT_FALSE(one[1].row.test);
}

}  // namespace
}  // namespace vidqa::benchmarks
