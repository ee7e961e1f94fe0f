#include "benchmarks/results_comparison.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/report.h"
#include "tests/benchmarks/choice_runs.h"
#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::error_of;
using ::testing::HasSubstr;

ResultsComparisonOptions against(const std::string& baseline) { return {baseline, 500, 1}; }

TEST(ResultsComparison, RowsAreTheRunsInTheirOrder) {
  const Comparison c = compare_results(
      results_of({{"S", "1110"}, {"V", "0010"}}, {"what", "who", "what/when", "who"}), "a file",
      against("V"));
  EXPECT_EQ(c.dataset, "a file");
  EXPECT_EQ(c.metric, "accuracy");
  EXPECT_EQ(c.num_questions, 4);
  EXPECT_EQ(c.num_videos, 0);
  ASSERT_EQ(c.rows.size(), 2u);
  EXPECT_EQ(c.rows[0].name, "S");
  EXPECT_EQ(c.rows[0].kind, ComparisonRow::Kind::kRun);
  EXPECT_EQ(c.rows[0].mean, 0.75);
  EXPECT_EQ(c.rows[0].difference->estimate, 0.5);
  EXPECT_EQ(c.rows[0].test->discordant->only_row, 2);
  EXPECT_EQ(*c.rows[0].test->p_holm, c.rows[0].test->p);
  EXPECT_TRUE(c.rows[1].is_baseline);
  EXPECT_EQ(c.rows[0].by_type, (std::map<std::string, double>{{"what", 1}, {"who", 0.5}}));
  EXPECT_THAT(c.notes, Contains(HasSubstr("videos are not known")));
}

TEST(ResultsComparison, RunsWithVideosAreDrawnByVideo) {
  std::vector<train::Prediction> a, b;
  for (size_t i = 0; i < 8; ++i) {
    a.push_back(choice(std::to_string(i), {1, 0}, 0));
    b.push_back(choice(std::to_string(i), {1, 0}, i < 4 ? 0 : 1));
    a.back().gold = b.back().gold;
    a.back().correct = true;
    a.back().video = b.back().video = i % 2 == 0 ? "even" : "odd";
  }
  const Comparison c = compare_results(results_of({{"A", a}, {"B", b}}), "runs", against("B"));
  EXPECT_EQ(c.num_videos, 2);
  EXPECT_EQ(c.rows[0].difference->low, 0.5) << "both videos have the same difference";
  EXPECT_EQ(c.rows[0].difference->high, 0.5);
}

TEST(ResultsComparison, CountsAreComparedByTheirSquaredError) {
  const auto count = [](const std::string& id, double raw, int gold) {
    train::Prediction p;
    p.question_id = id;
    p.video = id;
    p.gold = std::to_string(gold);
    p.raw_score = raw;
    return p;
  };
  const RunResults results = results_of(
      {{"A", {count("1", 2.5, 3), count("2", 4, 3)}}, {"B", {count("1", 3, 3), count("2", 3, 3)}}});
  const Comparison c = compare_results(results, "runs", against("B"));
  EXPECT_EQ(c.metric, "mse");
  EXPECT_FALSE(c.higher_is_better);
  EXPECT_EQ(c.rows[0].mean, (0.25 + 1) / 2);
  EXPECT_FALSE(c.rows[0].interval);
  RunResults mixed = results;
  mixed.runs[1].predictions = {choice("1", {1, 0}, 0), choice("2", {1, 0}, 0)};
  EXPECT_THAT(error_of([&] { compare_results(mixed, "runs", against("B")); }),
              AllOf(HasSubstr("'B'"), HasSubstr("task")));
}

TEST(ResultsComparison, AnUnknownBaselineIsAnsweredByTheRuns) {
  EXPECT_THAT(error_of([] {
                compare_results(results_of({{"S", "10"}, {"V", "01"}}), "x", against("W"));
              }),
              AllOf(HasSubstr("'W'"), HasSubstr("'S', 'V'")));
}

struct MeasuredPair {
  const char* run;
  const char* baseline;
  const char* difference;  // as printed
  int64_t only_run;
  int64_t only_baseline;
  double p;
  double p_tolerance;
};

TEST(ResultsComparisonGolden, ThePairsOfPublishedTvqaRuns) {
  VIDQA_REQUIRE_SHARED("data/tvqa_modality_bias/val_correct_qids_bert.json");
  const RunResults results = read_results_file(
      (testing::shared_dir() / "data/tvqa_modality_bias/val_correct_qids_bert.json").string(),
      {{}, 15253, std::nullopt});
  for (const MeasuredPair& pair : {MeasuredPair{"SVI", "SVIR", "+0.33", 1057, 1006, 0.27, 0.005},
                                   {"SVI", "SI", "+1.57", 1343, 1103, 1.3e-6, 5e-8},
                                   {"SI", "S", "+2.26", 1414, 1070, 6e-12, 5e-13},
                                   {"VI", "I", "+0.73", 1768, 1656, 0.058, 5e-4},
                                   {"VI", "VIR", "+0.56", 1725, 1640, 0.15, 0.005}}) {
    SCOPED_TRACE(std::string(pair.run) + " - " + pair.baseline);
    const Comparison c = compare_results(results, "val", against(pair.baseline));
    const auto place = static_cast<size_t>(&results.find(pair.run) - results.runs.data());
    const ComparisonRow& row = c.rows[place];
    EXPECT_EQ(row.test->name, "McNemar");
    EXPECT_EQ(row.test->discordant->only_row, pair.only_run);
    EXPECT_EQ(row.test->discordant->only_baseline, pair.only_baseline);
    EXPECT_NEAR(row.test->p, pair.p, pair.p_tolerance);
    EXPECT_GE(*row.test->p_holm, row.test->p);
    EXPECT_THAT(to_terminal(c),
                AllOf(HasSubstr(pair.difference), HasSubstr(std::to_string(pair.only_run) + " / " +
                                                            std::to_string(pair.only_baseline))));
    // 1.96 standard errors of SVI - SVIR are 0.58 points: sqrt(2063) / 15253.
    const double half = 1.96 * std::sqrt(pair.only_run + pair.only_baseline) / 15253;
    EXPECT_NEAR((row.difference->high - row.difference->low) / 2, half, 0.15 * half);
  }
}

}  // namespace
}  // namespace vidqa::benchmarks
