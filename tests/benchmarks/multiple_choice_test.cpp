#include "benchmarks/multiple_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/choice_runs.h"
#include "tests/testing/errors.h"

namespace vidqa::benchmarks {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

TEST(Candidates, ChosenAndRight) {
  const train::Prediction p = choice("q", {0.5, 2, 1}, 2);
  EXPECT_EQ(chosen_candidate(p), 1u);
  EXPECT_EQ(right_candidate(p), 2u);
  EXPECT_EQ(right_candidate(choice("q", {0.5, 2, 1}, 1)), 1u);
}

TEST(Candidates, OfEqualTextsAreToldApart) {
  train::Prediction p = choice("q", {0.5, 2, 1}, 2);
  p.scores = {{"same", 0.5}, {"same", 2}, {"c", 1}};
  p.prediction = p.gold = "same";
  p.correct = false;
  EXPECT_EQ(chosen_candidate(p), 1u);
  EXPECT_EQ(right_candidate(p), 0u) << "the chosen one was wrong";
  p.correct = true;
  EXPECT_EQ(right_candidate(p), 1u);
}

TEST(Candidates, OfOpenQuestionsThereAreNone) {
  train::Prediction p = choice("q7", {0.5, 2}, 0);
  p.gold = "something else";
  EXPECT_THAT(error_of([&] { right_candidate(p); }), HasSubstr("'q7'"));
  p.scores.clear();
  EXPECT_THAT(error_of([&] { chosen_candidate(p); }), HasSubstr("'q7'"));
}

TEST(BestCandidate, IsTheFirstOfSeveral) {
  EXPECT_EQ(best_candidate({1, 3, 3}), 1u);
  EXPECT_EQ(best_candidate({0, 0}), 0u);
}

}  // namespace
}  // namespace vidqa::benchmarks
