#include "benchmarks/stream_scores.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/choice_runs.h"
#include "tests/testing/errors.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Three streams, two candidates, the first is right. Sums: (4, 3) right, (0, 5) wrong.
std::vector<train::Prediction> two_questions() {
  return {choice_of_streams("q1", {{"sub", {3, 0}}, {"vcpt", {1, 1}}, {"imagenet", {0, 2}}}, 0),
          choice_of_streams("q2", {{"sub", {-2, 1}}, {"vcpt", {0, 4}}, {"imagenet", {2, 0}}}, 0)};
}

/// "left out" -> accuracy.
std::map<std::string, double> accuracies(const FigureTable& table) {
  std::map<std::string, double> result;
  for (const auto& row : table.rows)
    result[std::get<std::string>(row[1])] = std::get<double>(row[2]);
  return result;
}

TEST(LeaveStreamsOut, SumsTheOthersByHand) {
  const FigureTable table = leave_streams_out(results_of({{"SVI", two_questions()}}), {});
  // q1 without sub (1, 3) wrong, vcpt (3, 2) right, imagenet (4, 1) right; q2 without sub (2, 4)
  // wrong, vcpt (0, 1) wrong, imagenet (-2, 5) wrong. Alone: q1 sub right, vcpt (1, 1) right as the
  // first of both, imagenet wrong; q2 sub wrong, vcpt wrong, imagenet right.
  EXPECT_EQ(accuracies(table), (std::map<std::string, double>{{"", 0.5},
                                                              {"sub", 0},
                                                              {"vcpt", 0.5},
                                                              {"imagenet", 0.5},
                                                              {"imagenet, vcpt", 0.5},
                                                              {"imagenet, sub", 0.5},
                                                              {"sub, vcpt", 0.5}}));
  EXPECT_EQ(table.rows[0][3], Cell());
  EXPECT_EQ(table.rows[2][1], Cell("sub"));
  EXPECT_EQ(table.rows[2][3], Cell(-0.5));
  EXPECT_THAT(table.notes, IsEmpty());
}

TEST(LeaveStreamsOut, OnlyWhatIsAskedFor) {
  const FigureTable table =
      leave_streams_out(results_of({{"SVI", two_questions()}}), {{"sub", "vcpt"}});
  EXPECT_EQ(accuracies(table), (std::map<std::string, double>{{"", 0.5}, {"sub, vcpt", 0.5}}));
}

TEST(LeaveStreamsOut, OfTwoStreamsNoneIsLeftOutTwice) {
  const auto p = choice_of_streams("q", {{"sub", {3, 0}}, {"vid", {0, 1}}}, 0);
  EXPECT_EQ(leave_streams_out(results_of({{"A", {p}}}), {}).rows.size(), 3u);
  const auto single = choice_of_streams("q", {{"sub", {3, 0}}}, 0);
  EXPECT_EQ(leave_streams_out(results_of({{"A", {single}}}), {}).rows.size(), 1u);
}

TEST(LeaveStreamsOut, SaysWhereTheSumIsNotWhatTheRunAnswered) {
  RunResults results = results_of({{"SVI", two_questions()}});
  train::Prediction& p = results.runs[0].predictions[1];
  p.prediction = "a";
  p.raw_score = p.scores[0].second;
  p.correct = true;
  EXPECT_THAT(leave_streams_out(results, {}).notes,
              ElementsAre(AllOf(HasSubstr("SVI"), HasSubstr("1 of 2"))));
}

TEST(LeaveStreamsOut, FaultsAreNamed) {
  const RunResults good = results_of({{"SVI", two_questions()}});
  EXPECT_THAT(error_of([&] { leave_streams_out(good, {{"regional"}}); }),
              AllOf(HasSubstr("'regional'"), HasSubstr("imagenet, sub, vcpt")));
  EXPECT_THAT(error_of([&] {
                leave_streams_out(good, {{"sub", "vcpt", "imagenet"}});
              }),
              HasSubstr("no stream is left"));
  EXPECT_THAT(error_of([] {
                leave_streams_out(results_of({{"A", "11"}}), {});
              }),
              AllOf(HasSubstr("'A'"), HasSubstr("stream_scores")));
  EXPECT_THAT(error_of([] {
                leave_streams_out(results_of({{"A", {choice("q", {1, 2}, 0)}}}), {});
              }),
              HasSubstr("stream_scores"));
  RunResults bad = good;
  bad.runs[0].predictions[1].stream_scores.erase("sub");
  EXPECT_THAT(error_of([&] { leave_streams_out(bad, {}); }), HasSubstr("'q2'"));
  bad = good;
  bad.runs[0].predictions[1].stream_scores["sub"].push_back(1);
  EXPECT_THAT(error_of([&] { leave_streams_out(bad, {}); }),
              AllOf(HasSubstr("'q2'"), HasSubstr("'sub'")));
}

TEST(StreamScoreDistributions, GoByTheAnswerOfTheWholeModel) {
  // q1 chooses a, right: a is TP, b TN. q2 chooses b, wrong: b is FP, a FN.
  const FigureTable table = stream_score_distributions(results_of({{"SVI", two_questions()}}));
  ASSERT_EQ(table.rows.size(), 12u);
  const auto row = [&](size_t i) {
    return std::vector<Cell>(table.rows[i].begin(), table.rows[i].begin() + 5);
  };
  EXPECT_EQ(row(0), (std::vector<Cell>{"SVI", "imagenet", "TP", int64_t{1}, 0.0}));
  EXPECT_EQ(row(4), (std::vector<Cell>{"SVI", "sub", "TP", int64_t{1}, 3.0}));
  EXPECT_EQ(row(5), (std::vector<Cell>{"SVI", "sub", "FP", int64_t{1}, 1.0}));
  EXPECT_EQ(row(6), (std::vector<Cell>{"SVI", "sub", "TN", int64_t{1}, 0.0}));
  EXPECT_EQ(row(7), (std::vector<Cell>{"SVI", "sub", "FN", int64_t{1}, -2.0}));
}

TEST(StreamScoreDistributions, HaveQuantilesOfAllCandidates) {
  std::vector<train::Prediction> predictions;
  for (int i = 0; i < 5; ++i)  // always right; the others have scores -1, -2 and so on
    predictions.push_back(choice_of_streams(
        std::to_string(i), {{"sub", {1, -1.0 - 2 * i, -2.0 - 2 * i}}, {"vid", {1, 0, 0}}}, 0));
  const FigureTable table = stream_score_distributions(results_of({{"A", predictions}}));
  const std::vector<Cell>& wrong = table.rows[2];
  EXPECT_EQ(wrong[2], Cell("TN"));
  EXPECT_EQ(wrong[3], Cell(int64_t{10}));
  EXPECT_EQ(wrong[4], Cell(-5.5));
  EXPECT_NEAR(std::get<double>(wrong[5]), std::sqrt(82.5 / 9), 1e-12);
  const auto at = [&](const std::string& heading) {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      if (table.columns[c].heading == heading) return std::get<double>(wrong[c]);
    }
    ADD_FAILURE() << heading;
    return 0.0;
  };
  EXPECT_EQ(at("0 %"), -10);
  EXPECT_NEAR(at("25 %"), -7.75, 1e-12);
  EXPECT_NEAR(at("50 %"), -5.5, 1e-12);
  EXPECT_EQ(at("100 %"), -1);
  EXPECT_EQ(table.rows[1][4], Cell()) << "no candidate was chosen wrongly";
}

}  // namespace
}  // namespace vidqa::benchmarks
