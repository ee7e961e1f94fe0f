#include "benchmarks/html_report/report_examples.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/choice_runs.h"
#include "tests/benchmarks/html_report/run_folders.h"
#include "tests/testing/errors.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

RunResults runs_of(const std::vector<std::pair<std::string, std::string>>& digits) {
  std::vector<std::pair<std::string, std::vector<train::Prediction>>> runs;
  for (const auto& [name, text] : digits) runs.emplace_back(name, answered_all(text));
  return results_of(runs);
}

std::vector<std::string> example_ids(const ChosenExamples& chosen) {
  std::vector<std::string> ids;
  for (const ReportExample& example : chosen.examples) ids.push_back(example.id);
  return ids;
}

TEST(Examples, AreAllQuestionsWhereTheyFit) {
  const ChosenExamples chosen = choose_examples(runs_of({{"A", "101"}}), {{0}}, 3);
  EXPECT_THAT(example_ids(chosen), ElementsAre("Q1", "Q2", "Q3"));
  EXPECT_EQ(chosen.how, "All 3 questions.");
}

TEST(Examples, GiveHalfOfTheirPlacesToDisagreements) {
  const std::string agree(400, '1');
  std::string differ = agree;
  for (size_t i = 0; i < 400; i += 20) differ[i] = '0';  // 20 of 400
  const RunResults results = runs_of({{"A", agree}, {"B", differ}});
  const ChosenExamples chosen = choose_examples(results, {{0}, {1}}, 20);
  ASSERT_EQ(chosen.examples.size(), 20u);
  const auto disagreements = std::count_if(
      chosen.examples.begin(), chosen.examples.end(),
      [](const ReportExample& e) { return e.arms[0].num_right != e.arms[1].num_right; });
  EXPECT_GE(disagreements, 10);
  EXPECT_LT(disagreements, 20);
  EXPECT_THAT(chosen.how, HasSubstr("20 of 400"));
  EXPECT_EQ(example_ids(chosen), example_ids(choose_examples(results, {{0}, {1}}, 20)));
  EXPECT_THAT(choose_examples(results, {{0}, {1}}, 0).examples, IsEmpty());
}

TEST(Examples, OfMultipleChoiceGiveEveryCandidateItsMeanScore) {
  RunResults results = runs_of({{"A1", "1"}, {"A2", "0"}, {"B", "0"}});
  const ReportExample e = choose_examples(results, {{0, 1}, {2}}, 1).examples.front();
  EXPECT_THAT(e.answers, ElementsAre("a", "b", "c"));
  EXPECT_EQ(e.question, "question number 1?");
  EXPECT_EQ(e.gold, "b");
  EXPECT_EQ(e.arms[0].num_runs, 2);
  EXPECT_EQ(e.arms[0].num_right, 1);
  EXPECT_THAT(e.arms[0].scores, ElementsAre(Optional(0.25), Optional(1.5), Optional(1.5)));
  EXPECT_THAT(e.arms[0].chosen, ElementsAre(0, 1, 1));
  EXPECT_THAT(e.arms[1].chosen, ElementsAre(0, 0, 1));
}

TEST(Examples, OfEqualCandidatesKeepTheirPlaces) {
  const train::Prediction p = choice("q", {1, 3}, 1);
  train::Prediction same = p;
  for (auto& score : same.scores) score.first = "same";
  same.prediction = same.gold = "same";
  const ReportExample e =
      choose_examples(results_of({{"A", std::vector<train::Prediction>{same}}}), {{0}}, 1)
          .examples.front();
  EXPECT_THAT(e.answers, ElementsAre("same", "same"));
  EXPECT_THAT(e.arms[0].scores, ElementsAre(Optional(1.0), Optional(3.0)));
  EXPECT_THAT(e.arms[0].chosen, ElementsAre(0, 1));
}

TEST(Examples, OfOpenQuestionsUniteTheBestAnswersOfTheArms) {
  train::Prediction a = answered(1, false);
  a.scores = {{"dog", 4}, {"cat", 3}};
  a.prediction = "dog";
  a.raw_score = 4;
  train::Prediction b = a;
  b.scores = {{"man", 2}, {"dog", 1}};
  b.prediction = "man";
  b.raw_score = 2;
  const ReportExample e = choose_examples(results_of({{"A", std::vector<train::Prediction>{a}},
                                                      {"B", std::vector<train::Prediction>{b}}}),
                                          {{0}, {1}}, 1)
                              .examples.front();
  EXPECT_THAT(e.answers, ElementsAre("dog", "man", "cat"));
  EXPECT_THAT(e.arms[0].scores, ElementsAre(Optional(4.0), std::nullopt, Optional(3.0)));
  EXPECT_THAT(e.arms[1].scores, ElementsAre(Optional(1.0), Optional(2.0), std::nullopt));
  EXPECT_THAT(e.arms[1].chosen, ElementsAre(0, 1, 0));
}

TEST(Examples, OfCountsGiveTheOutput) {
  train::Prediction p = answered(1, false);
  p.scores.clear();
  p.prediction = "3";
  p.gold = "4";
  p.raw_score = 2.75;
  train::Prediction q = p;
  q.prediction = "4";
  q.raw_score = 4.25;
  const ReportExample e = choose_examples(results_of({{"A", std::vector<train::Prediction>{p}},
                                                      {"B", std::vector<train::Prediction>{q}}}),
                                          {{0, 1}}, 1)
                              .examples.front();
  EXPECT_THAT(e.answers, IsEmpty());
  EXPECT_THAT(e.arms[0].raw_count, Optional(3.5));
  EXPECT_EQ(e.arms[0].said, "3, 4");
}

TEST(Examples, CarryTheAttentionOfTheFirstRunThatHasOne) {
  RunResults results = runs_of({{"A1", "1"}, {"A2", "0"}});
  results.runs[1].predictions[0].attention = train::FrameAttention{{0.5, 1.5}, {0.25, 0.75}};
  const ReportExample e = choose_examples(results, {{0, 1}}, 1).examples.front();
  ASSERT_TRUE(e.arms[0].attention);
  EXPECT_THAT(e.arms[0].attention->weights, ElementsAre(0.25, 0.75));
  results.runs[1].predictions[0].attention->seconds = {0.5};
  EXPECT_THAT(testing::error_of([&] {
                choose_examples(results, {{0, 1}}, 1);
              }),
              ::testing::AllOf(HasSubstr("A2"), HasSubstr("Q1"), HasSubstr("2 weights")));
}

}  // namespace
}  // namespace vidqa::benchmarks
