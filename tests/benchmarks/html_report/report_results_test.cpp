#include "benchmarks/html_report/report_results.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/report_data.h"
#include "benchmarks/results_comparison.h"
#include "tests/benchmarks/html_report/run_folders.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using Kind = ComparisonRow::Kind;

class ReportOfRuns : public ::testing::Test {
 protected:
  std::string add(const std::string& name, const RunFiles& run) {
    return write_run(folder_.file(name), run);
  }
  std::string add(const std::string& fusion, uint64_t seed, const std::string& digits) {
    RunFiles run;
    run.fusion = fusion;
    run.seed = seed;
    run.predictions = answered_all(digits);
    return add(fusion + std::to_string(seed), run);
  }
  std::optional<ReportResults> read(const ReportResultsOptions& options = {}) const {
    const std::vector<RunSource> sources = {{"", folder_.path().string()}};
    std::vector<ReportRun> runs;
    for (const RunSource& source : find_run_folders(sources, false))
      runs.push_back(read_report_run(source));
    return results_of_runs(sources, runs, arms_of(runs), options);
  }
  testing::TempDir folder_;
};

TEST_F(ReportOfRuns, EqualsTheComparisonOfTheSamePredictions) {
  const std::string a = add("default", 1, "110010110100");
  const std::string b = add("mfb", 1, "111010111101");
  const Comparison expected =
      compare_results(read_runs({{"default", a}, {"mfb", b}}, "test"), "tgif-action", {"default"});
  const Comparison found = read()->comparison;
  EXPECT_EQ(found.dataset, "tgif-action");
  EXPECT_EQ(found.num_questions, 12);
  EXPECT_EQ(found.num_videos, 6);
  ASSERT_EQ(found.rows.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found.rows[i].name, expected.rows[i].name);
    EXPECT_EQ(found.rows[i].mean, expected.rows[i].mean);
    EXPECT_EQ(found.rows[i].by_type, expected.rows[i].by_type);
    EXPECT_EQ(found.rows[i].interval->low, expected.rows[i].interval->low);
  }
  EXPECT_TRUE(found.rows[0].is_baseline);
  EXPECT_EQ(found.rows[1].difference->low, expected.rows[1].difference->low);
  EXPECT_EQ(found.rows[1].difference->high, expected.rows[1].difference->high);
  EXPECT_EQ(found.rows[1].test->p, expected.rows[1].test->p);
  EXPECT_EQ(found.rows[1].parameters, 3000);
  EXPECT_THAT(found.notes, Contains(HasSubstr("one seed")));
}

TEST_F(ReportOfRuns, AveragesOverSeedsAndTestsOverThem) {
  add("default", 1, "1100");
  add("default", 2, "1000");
  add("mfb", 1, "1110");
  add("mfb", 2, "1111");
  const Comparison found = read()->comparison;
  ASSERT_EQ(found.rows.size(), 2u);
  EXPECT_THAT(found.rows[0].values, ElementsAre(0.5, 0.25));
  EXPECT_DOUBLE_EQ(found.rows[0].mean, 0.375);
  EXPECT_NEAR(found.rows[0].sd, std::sqrt(2 * 0.125 * 0.125), 1e-12);
  EXPECT_DOUBLE_EQ(found.rows[1].difference->estimate, 0.5);
  EXPECT_EQ(found.rows[1].seed_test->num_seeds, 2);
  EXPECT_THAT(found.seeds, ElementsAre(1, 2));
  EXPECT_THAT(found.notes, Not(Contains(HasSubstr("one seed"))));
}

TEST_F(ReportOfRuns, NamesTheArmsThatHaveOneSeed) {
  add("default", 1, "1100");
  add("default", 2, "1000");
  add("mfb", 1, "1110");
  EXPECT_THAT(read()->comparison.notes, Contains(AllOf(HasSubstr("one seed"), HasSubstr("mfb"))));
}

TEST_F(ReportOfRuns, GivesEveryTypeItsOwnDifferences) {
  add("default", 1, "110010");  // what: 1 1 0 1, who: 0 0
  add("mfb", 1, "101011");      // what: 1 0 0 1, who: 1 1
  const std::vector<TypeResults> types = read()->types;
  ASSERT_EQ(types.size(), 2u);
  EXPECT_EQ(types[0].type, "what");  // the largest first
  EXPECT_EQ(types[0].num_questions, 4);
  EXPECT_DOUBLE_EQ(types[0].rows[1].difference->estimate, -0.25);
  EXPECT_EQ(types[1].type, "who");
  EXPECT_DOUBLE_EQ(types[1].rows[1].mean, 1);
  EXPECT_DOUBLE_EQ(types[1].rows[1].difference->estimate, 1);
}

TEST_F(ReportOfRuns, TakesTheBaselineThatIsAskedFor) {
  add("default", 1, "1100");
  add("mfb", 1, "1110");
  ReportResultsOptions options;
  options.baseline = "mfb";
  EXPECT_TRUE(read(options)->comparison.rows[1].is_baseline);
  options.baseline = "mcb";
  EXPECT_THAT(error_of([&] { read(options); }),
              AllOf(HasSubstr("'mcb'"), HasSubstr("'default', 'mfb'")));
}

TEST_F(ReportOfRuns, TakesControlsAndBaselineFromTheTableOfTheComparison) {
  add("default", 1, "1100");
  add("mfb", 1, "1110");
  Comparison table;
  table.dataset = "tgif-action";
  table.num_questions = 4;
  ComparisonRow chance;
  chance.kind = Kind::kChance;
  chance.name = "chance";
  chance.mean = 0.2;
  chance.values = {0.2};
  chance.by_type = {{"what", 0.2}};
  chance.difference = Interval{-0.55, -0.6, -0.5};
  ComparisonRow mfb;
  mfb.name = "mfb";
  mfb.is_baseline = true;
  table.rows = {chance, mfb};
  testing::write_file(folder_.file("table.json"), to_json(table));
  const Comparison found = read()->comparison;
  ASSERT_EQ(found.rows.size(), 3u);
  EXPECT_EQ(found.rows[0].kind, Kind::kChance);
  EXPECT_DOUBLE_EQ(found.rows[0].difference->estimate, -0.55);
  EXPECT_TRUE(found.rows[2].is_baseline);

  ReportResultsOptions other;
  other.baseline = "default";
  EXPECT_FALSE(read(other)->comparison.rows[0].difference) << "it is to another baseline";

  table.num_questions = 5;
  testing::write_file(folder_.file("table.json"), to_json(table));
  EXPECT_EQ(read()->comparison.rows.size(), 2u) << "a table about other questions";
  testing::write_file(folder_.file("table.json"), "{}");
  EXPECT_THAT(error_of([&] { read(); }), HasSubstr("table.json"));
}

TEST_F(ReportOfRuns, LeavesOutWhatHasNotFinished) {
  RunFiles going_on;
  going_on.fusion = "mfb";
  going_on.is_done = false;
  add("going_on", going_on);
  EXPECT_FALSE(read());
  add("default", 1, "1100");
  EXPECT_THAT(read()->arms, ElementsAre("default"));
}

TEST_F(ReportOfRuns, ListsTheQuestionsThatDoNotMatch) {
  add("default", 1, "1100");
  RunFiles other;
  other.fusion = "mfb";
  for (int64_t i = 3; i <= 9; ++i) other.predictions.push_back(answered(i, true));
  add("mfb1", other);
  EXPECT_THAT(error_of([&] { read(); }),
              AllOf(HasSubstr("default1"), HasSubstr("mfb1"), HasSubstr("2 ('Q1', 'Q2')"),
                    HasSubstr("5 ('Q5', 'Q6', 'Q7', 'Q8', 'Q9')")));
}

TEST_F(ReportOfRuns, RefusesScoresThatAreNoNumbers) {
  RunFiles broken;
  broken.predictions = answered_all("10");
  broken.predictions[1].scores[0].second = std::nan("");
  const std::string folder = add("broken", broken);
  EXPECT_THAT(error_of([&] { read(); }),
              AllOf(HasSubstr(folder + "/predictions.jsonl:2"), HasSubstr("NaN")));
}

TEST_F(ReportOfRuns, AsksForTheValidationSplitWhereTheTestSplitHasNoAnswers) {
  const std::string folder = add("default", 1, "1100");
  testing::write_file(folder + "/summary.json",
                      R"({"parameters":1,"epochs":1,"best_epoch":1,"seconds_per_epoch":1,)"
                      R"("peak_memory_mb":1,"val":0.5,"test":null})");
  EXPECT_THAT(error_of([&] { read(); }), AllOf(HasSubstr(folder), HasSubstr("--split val")));
}

}  // namespace
}  // namespace vidqa::benchmarks
