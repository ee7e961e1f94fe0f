#include "benchmarks/run_agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/statistics/proportion.h"
#include "tests/benchmarks/choice_runs.h"
#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

/// Scores that make candidate `place` of three the choice.
std::vector<double> scores_for(size_t place) {
  std::vector<double> scores(3, 0.0);
  scores[place] = 1;
  return scores;
}

/// A run that chooses these candidates, where the right ones are 0, 1, 2, 0.
std::vector<train::Prediction> chooses(const std::vector<size_t>& places) {
  const std::vector<size_t> right = {0, 1, 2, 0};
  std::vector<train::Prediction> predictions;
  for (size_t i = 0; i < places.size(); ++i)
    predictions.push_back(choice("q" + std::to_string(i), scores_for(places[i]), right[i]));
  return predictions;
}

TEST(Overlap, IsIntersectionOverUnionOfRightAnswers) {
  const FigureTable table =
      overlap_matrix(results_of({{"A", "11100"}, {"B", "01110"}, {"none", "00000"}}));
  EXPECT_EQ(table.rows[0], (std::vector<Cell>{"A", 1.0, 0.5, 0.0}));
  EXPECT_EQ(table.rows[1], (std::vector<Cell>{"B", 0.5, 1.0, 0.0}));
  EXPECT_EQ(table.rows[2], (std::vector<Cell>{"none", 0.0, 0.0, Cell()}));
}

TEST(OverlapGolden, OfPublishedRuns) {
  VIDQA_REQUIRE_SHARED("data/tvqa_modality_bias/val_correct_qids_bert.json");
  const RunResults results = read_results_file(
      (testing::shared_dir() / "data/tvqa_modality_bias/val_correct_qids_bert.json").string(),
      {{}, 15253, std::nullopt});
  const FigureTable table = overlap_matrix(results);
  const auto of = [&](const char* a, const char* b) {
    const auto row = &results.find(a) - results.runs.data();
    const auto column = &results.find(b) - results.runs.data() + 1;
    return std::get<double>(table.rows[static_cast<size_t>(row)][static_cast<size_t>(column)]);
  };
  // Counts of the id sets: both, either.
  EXPECT_DOUBLE_EQ(of("V", "I"), 4905.0 / 8499);
  EXPECT_DOUBLE_EQ(of("S", "SVI"), 9386.0 / 12034);
  EXPECT_DOUBLE_EQ(of("SVIR S-off", "SVIR"), 5733.0 / 11462);
}

TEST(Agreement, CountsEqualAnswersRightOrWrong) {
  const FigureTable table =
      agreement_matrix(results_of({{"A", chooses({0, 0, 2, 1})}, {"B", chooses({0, 0, 1, 2})}}));
  EXPECT_EQ(table.rows[0], (std::vector<Cell>{"A", 1.0, 0.5}));
  EXPECT_EQ(table.rows[1], (std::vector<Cell>{"B", 0.5, 1.0}));
}

TEST(Agreement, NeedsTheAnswers) {
  EXPECT_THAT(error_of([] {
                agreement_matrix(results_of({{"A", "11"}}));
              }),
              AllOf(HasSubstr("'A'"), HasSubstr("run folders")));
}

TEST(PopularVote, ThePluralityWinsAndTiesGoToTheFirstCandidate) {
  // Votes by question: 0 0 1 -> 0 right; 2 1 1 -> 1 right; 1 2 0 -> tie, 0 wrong; 0 2 2 -> 2 wrong.
  const RunResults results = results_of(
      {{"A", chooses({0, 2, 1, 0})}, {"B", chooses({0, 1, 2, 2})}, {"C", chooses({1, 1, 0, 2})}});
  const FigureTable table = popular_vote(results, {});
  ASSERT_EQ(table.rows.size(), 4u);
  const Interval half = wilson_interval(0.5, 4);
  EXPECT_EQ(table.rows[3], (std::vector<Cell>{"popular vote", 0.5, half.low, half.high}));
  EXPECT_EQ(table.rows[1][1], Cell(0.75)) << "B: three of four";
  EXPECT_THAT(table.notes, ElementsAre(AllOf(HasSubstr("3 runs"), HasSubstr("1 of 4"))));
}

TEST(PopularVote, OnlyChosenRunsBelowTheCutVote) {
  const RunResults results = results_of({{"A", chooses({0, 2, 1, 0})},    // 50 %
                                         {"B", chooses({0, 1, 2, 2})},    // 75 %
                                         {"C", chooses({1, 1, 0, 2})}});  // 25 %
  const FigureTable cut = popular_vote(results, {{}, 0.6});
  ASSERT_EQ(cut.rows.size(), 3u);
  EXPECT_EQ(cut.rows[0][0], Cell("A"));
  EXPECT_EQ(cut.rows[1][0], Cell("C"));
  EXPECT_EQ(popular_vote(results, {{}, 0.5}).rows.size(), 2u) << "below, not at";
  const FigureTable named = popular_vote(results, {{"C", "B"}, std::nullopt});
  EXPECT_EQ(named.rows[0][0], Cell("C"));
  EXPECT_EQ(named.rows.size(), 3u);
  EXPECT_THAT(error_of([&] { popular_vote(results, {{}, 0.1}); }), HasSubstr("10 %"));
  EXPECT_THAT(error_of([&] { popular_vote(results, {{"X"}, std::nullopt}); }), HasSubstr("'X'"));
  EXPECT_THAT(error_of([&] {
                popular_vote(results, {{"B", "B"}, std::nullopt});
              }),
              HasSubstr("twice"));
}

TEST(PopularVote, NeedsTheSameCandidates) {
  RunResults results = results_of({{"A", chooses({0, 2})}, {"B", chooses({0, 1})}});
  results.runs[1].predictions[1].scores[2].first = "other";
  EXPECT_THAT(error_of([&] { popular_vote(results, {}); }),
              AllOf(HasSubstr("'q1'"), HasSubstr("'B'")));
  EXPECT_THAT(error_of([] {
                popular_vote(results_of({{"A", "11"}}), {});
              }),
              HasSubstr("run folders"));
}

}  // namespace
}  // namespace vidqa::benchmarks
