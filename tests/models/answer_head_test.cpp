#include "models/answer_head.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace vidqa::models {
namespace {

class AnswerHead : public ::testing::TestWithParam<torch::Dtype> {
 protected:
  torch::TensorOptions options() const { return torch::dtype(GetParam()); }
  double tolerance() const { return GetParam() == torch::kFloat64 ? 1e-14 : 1e-6; }
};

TEST_P(AnswerHead, HingeIsTheMeanOverWrongCandidates) {
  // Row 0, right is 1 with 0.5: max(0, 1 + 1 - 0.5) = 1.5 and max(0, 1 - 2 - 0.5) = 0.
  // Row 1, right is 2 with 3: max(0, 1 + 0 - 3) = 0 and max(0, 1 + 2.25 - 3) = 0.25.
  const auto scores = torch::tensor({{1.0, 0.5, -2.0}, {0.0, 2.25, 3.0}}, options());
  const auto loss = answer_loss(Task::kMultipleChoice, scores, torch::tensor({1, 2}));
  EXPECT_NEAR(loss.item<double>(), (1.5 + 0.25) / 4, tolerance());
}

TEST_P(AnswerHead, HingeGradientIsThatOfTheActiveMargins) {
  const auto scores =
      torch::tensor({{1.0, 0.5, -2.0}, {0.0, 2.25, 3.0}}, options()).requires_grad_();
  answer_loss(Task::kMultipleChoice, scores, torch::tensor({1, 2})).backward();
  const auto expected = torch::tensor({{0.25, -0.25, 0.0}, {0.0, 0.25, -0.25}}, options());
  EXPECT_TRUE(torch::equal(scores.grad(), expected)) << scores.grad();
}

TEST_P(AnswerHead, OpenEndedLossIsTheCrossEntropy) {
  const auto scores = torch::tensor({{0.0, 1.0, 2.0}, {3.0, 0.0, 0.0}}, options());
  const double expected =
      (std::log(1 + std::exp(1.0) + std::exp(2.0)) - 1 + std::log(std::exp(3.0) + 2) - 3) / 2;
  const auto loss = answer_loss(Task::kOpenEnded, scores, torch::tensor({1, 0}));
  EXPECT_NEAR(loss.item<double>(), expected, tolerance());
}

TEST_P(AnswerHead, CountLossIsTheSquaredErrorOfTheRawScore) {
  const auto scores = torch::tensor({{1.5}, {12.0}}, options());
  const auto loss = answer_loss(Task::kCount, scores, torch::tensor({2.0F, 10.0F}));
  EXPECT_NEAR(loss.item<double>(), (0.25 + 4) / 2, tolerance());
}

TEST_P(AnswerHead, CountsAreRoundedHalfToEvenAndClamped) {
  const auto scores = torch::tensor({{-3.0}, {0.5}, {1.5}, {2.5}, {3.5}, {9.4}, {10.6}}, options());
  const auto expected = torch::tensor({1, 1, 2, 2, 4, 9, 10}, torch::kInt64);
  EXPECT_TRUE(torch::equal(predict_answer(Task::kCount, scores), expected));
}

TEST_P(AnswerHead, PredictionIsTheBestScoreAndTheFirstOnTies) {
  const auto scores = torch::tensor({{0.0, 2.0, 1.0}, {1.0, 0.0, 1.0}}, options());
  const auto expected = torch::tensor({1, 0}, torch::kInt64);
  EXPECT_TRUE(torch::equal(predict_answer(Task::kOpenEnded, scores), expected));
  EXPECT_TRUE(torch::equal(predict_answer(Task::kMultipleChoice, scores), expected));
}

INSTANTIATE_TEST_SUITE_P(Precision, AnswerHead, ::testing::Values(torch::kFloat32, torch::kFloat64),
                         [](const auto& info) {
                           return info.param == torch::kFloat64 ? "Double" : "Single";
                         });

TEST(AnswerHeadErrors, HingeNeedsAWrongCandidate) {
  EXPECT_THROW(answer_loss(Task::kMultipleChoice, torch::zeros({2, 1}), torch::tensor({0, 0})),
               c10::Error);
}

TEST(AnswerHead, RowsOfTheBestAnswerAreThoseOfTheHighestScore) {
  const torch::Tensor rows = torch::arange(12, torch::kFloat64).view({6, 2});  // B 2, A 3
  const torch::Tensor scores = torch::tensor({{0.0, 2.0, 2.0}, {1.0, 0.0, -1.0}});
  EXPECT_TRUE(torch::equal(rows_of_best_answer(rows, scores),
                           torch::tensor({{2.0, 3.0}, {6.0, 7.0}}, torch::kFloat64)));
  // One text a question: whatever the number of classes.
  EXPECT_TRUE(torch::equal(rows_of_best_answer(rows, torch::rand({6, 4})), rows));
}

}  // namespace
}  // namespace vidqa::models
