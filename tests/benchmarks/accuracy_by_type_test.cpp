#include "benchmarks/accuracy_by_type.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/choice_runs.h"
#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

const std::vector<std::string> kTypes = {"which",     "what/when", "what/before",
                                         "what/when", "who/other", "what/when"};

std::vector<std::string> names_of(const FigureTable& table) {
  std::vector<std::string> names;
  for (const auto& row : table.rows) names.push_back(std::get<std::string>(row[0]));
  return names;
}

TEST(AccuracyByType, LargestTypesFirstWithTheirSubTypesBelow) {
  const FigureTable table =
      accuracy_by_type(results_of({{"V", "110100"}, {"S", "101011"}}, kTypes), false);
  EXPECT_THAT(names_of(table),
              ElementsAre("all", "what", "what/when", "what/before", "which", "who", "who/other"));
  EXPECT_EQ(table.rows[0], (std::vector<Cell>{"all", int64_t{6}, 3.0 / 6, 4.0 / 6}));
  EXPECT_EQ(table.rows[1], (std::vector<Cell>{"what", int64_t{4}, 2.0 / 4, 2.0 / 4}));
  EXPECT_EQ(table.rows[2], (std::vector<Cell>{"what/when", int64_t{3}, 2.0 / 3, 1.0 / 3}));
  EXPECT_EQ(table.rows[3], (std::vector<Cell>{"what/before", int64_t{1}, 0.0, 1.0}));
  EXPECT_EQ(table.columns[2].heading, "V");
  EXPECT_EQ(table.columns[3].heading, "S");
}

TEST(AccuracyByType, RelativeToAllQuestions) {
  const FigureTable table = accuracy_by_type(results_of({{"V", "110100"}}, kTypes), true);
  EXPECT_THAT(names_of(table),
              ElementsAre("what", "what/when", "what/before", "which", "who", "who/other"));
  EXPECT_EQ(std::get<double>(table.rows[0][2]), 0.0);
  EXPECT_EQ(std::get<double>(table.rows[1][2]), 2.0 / 3 - 0.5);
  EXPECT_EQ(std::get<double>(table.rows[2][2]), -0.5);
}

TEST(AccuracyByTypeGolden, ThePublicTvqaQuestionsFallIntoTheCountedTypes) {
  VIDQA_REQUIRE_SHARED("data/tvqa/tvqa_test_public.jsonl");
  RunResults results;
  results.questions =
      read_questions((testing::shared_dir() / "data/tvqa/tvqa_test_public.jsonl").string());
  results.runs = {{"none", std::vector<bool>(results.questions.size()), {}}};
  std::map<std::string, int64_t> counts;
  for (const auto& row : accuracy_by_type(results, false).rows)
    counts[std::get<std::string>(row[0])] = std::get<int64_t>(row[1]);
  // The published classifier on the same file; types without sub-types are which and other.
  const std::map<std::string, int64_t> published = {
      {"all", 7623},        {"what", 4253},       {"who", 892},         {"why", 793},
      {"where", 879},       {"how", 671},         {"which", 58},        {"other", 77},
      {"what/when", 2430},  {"what/before", 454}, {"what/after", 1368}, {"what/other", 1},
      {"how/when", 398},    {"how/before", 47},   {"how/after", 226},   {"who/when", 587},
      {"who/before", 72},   {"who/after", 232},   {"who/other", 1},     {"where/when", 622},
      {"where/before", 73}, {"where/after", 183}, {"where/other", 1},   {"why/when", 398},
      {"why/before", 69},   {"why/after", 325},   {"why/other", 1}};
  EXPECT_EQ(counts, published);
}

TEST(AccuracyByType, UnknownTypesAreAnError) {
  EXPECT_THAT(error_of([] {
                accuracy_by_type(results_of({{"V", "11"}}), false);
              }),
              HasSubstr("type"));
  EXPECT_THAT(error_of([] {
                accuracy_by_type(results_of({{"V", "11"}}, {"what", ""}), false);
              }),
              HasSubstr("type"));
}

}  // namespace
}  // namespace vidqa::benchmarks
