#include "benchmarks/inclusion_exclusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/choice_runs.h"
#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(QuestionSet, IsReadAsSomeOfButNoneOf) {
  const RunGroups groups = {{"video", {"V", "I"}}};
  const QuestionSet both = parse_question_set("S off, video - SVIR S-off,video", groups);
  EXPECT_EQ(both.name, "S off, video - SVIR S-off,video");
  EXPECT_THAT(both.any_of, ElementsAre("S off", "V", "I"));
  EXPECT_THAT(both.none_of, ElementsAre("SVIR S-off", "V", "I"));
  const QuestionSet some = parse_question_set("S", groups);
  EXPECT_THAT(some.any_of, ElementsAre("S"));
  EXPECT_THAT(some.none_of, IsEmpty());
  const QuestionSet none = parse_question_set("- video", groups);
  EXPECT_THAT(none.any_of, IsEmpty());
  EXPECT_THAT(none.none_of, ElementsAre("V", "I"));
}

TEST(QuestionSet, FaultsAreNamed) {
  EXPECT_THAT(error_of([] { parse_question_set("", {}); }), HasSubstr("name runs"));
  EXPECT_THAT(error_of([] { parse_question_set("A - ", {}); }), HasSubstr("'A - '"));
  EXPECT_THAT(error_of([] { parse_question_set("A,,B", {}); }), HasSubstr("A,,B"));
  EXPECT_THAT(error_of([] { parse_run_group("A,B"); }), HasSubstr("NAME=RUN"));
  EXPECT_THAT(error_of([] { parse_run_group("=A"); }), HasSubstr("NAME=RUN"));
  EXPECT_THAT(error_of([] { parse_run_group("G="); }), HasSubstr("NAME=RUN"));
  EXPECT_EQ(parse_run_group("G=A, B"),
            (std::pair<std::string, std::vector<std::string>>{"G", {"A", "B"}}));
}

TEST(Members, WorkedByHand) {
  const RunResults results = results_of({{"A", "11000"}, {"B", "01100"}, {"C", "01010"}});
  const auto members_of = [&](const char* text) {
    return members(results, parse_question_set(text, {}));
  };
  EXPECT_THAT(members_of("A,B"), ElementsAre(true, true, true, false, false));
  EXPECT_THAT(members_of("A,B - C"), ElementsAre(true, false, true, false, false));
  EXPECT_THAT(members_of("- A,B"), ElementsAre(false, false, false, true, true));
  EXPECT_THAT(error_of([&] { members_of("A - X"); }), AllOf(HasSubstr("'X'"), HasSubstr("'B'")));
}

TEST(InclusionExclusion, CountsSharesAndShiftsOfTypes) {
  // Types: what 3 of 5, who 2 of 5. A - B has questions 1 and 4, a what and a who.
  const RunResults results = results_of({{"A", "11010"}, {"B", "01100"}},
                                        {"what/when", "what/before", "what/when", "who", "who"});
  const FigureTable table =
      inclusion_exclusion(results, {parse_question_set("A - B", {}), {"empty", {"B"}, {"B"}}});
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0][1], Cell(int64_t{2}));
  EXPECT_EQ(table.rows[0][2], Cell(2.0 / 5));
  EXPECT_EQ(table.columns[3].heading, "what");
  EXPECT_NEAR(std::get<double>(table.rows[0][3]), (0.5 - 0.6) / 0.6, 1e-12);
  EXPECT_NEAR(std::get<double>(table.rows[0][4]), (0.5 - 0.4) / 0.4, 1e-12);
  EXPECT_EQ(table.rows[1], (std::vector<Cell>{"empty", int64_t{0}, 0.0, Cell(), Cell()}));
}

TEST(InclusionExclusion, WritesTheIdsOfASetAsAResultsFile) {
  RunResults results = results_of({{"A", "110"}, {"B", "010"}});
  const std::vector<QuestionSet> sets = {parse_question_set("A - B", {}),
                                         parse_question_set("- A", {})};
  EXPECT_EQ(nlohmann::json::parse(set_ids_json(results, sets)),
            nlohmann::json::parse(R"({"A - B": ["1"], "- A": ["3"]})"));
  results.questions[2].id = "";
  EXPECT_THAT(error_of([&] { set_ids_json(results, sets); }), HasSubstr("'- A'"));
}

TEST(InclusionExclusionGolden, ThePublishedTableComesOutToTheDigit) {
  VIDQA_REQUIRE_SHARED("data/tvqa_modality_bias/val_correct_qids_bert.json");
  const RunResults results = read_results_file(
      (testing::shared_dir() / "data/tvqa_modality_bias/val_correct_qids_bert.json").string(),
      {{}, 15253, 122039});
  // Winterbottom et al., arXiv 2012.10210, BERT column: % of the validation questions.
  const std::vector<std::pair<std::string, std::string>> published = {
      {"All", "90.12"},           {"All - Non-sub", "22.68"},
      {"All - SVIR", "18.32"},    {"All - Single", "7.68"},
      {"Sub", "84.74"},           {"Sub - Non-sub", "22.68"},
      {"Non-sub", "67.44"},       {"Non-sub - Sub", "5.38"},
      {"Non-sub - S", "16.72"},   {"Single", "82.44"},
      {"Single - SVIR", "14.44"}, {"SVIR", "71.80"},
      {"SVIR - Single", "3.79"},  {"S", "68.30"},
      {"S - Non-sub", "17.59"},   {"S - V,I,R", "21.94"},
      {"S - VIR", "32.83"},       {"Hard", "9.88"}};
  const FigureTable table = inclusion_exclusion(results, tvqa_modality_sets());
  ASSERT_EQ(table.rows.size(), published.size());
  for (size_t i = 0; i < published.size(); ++i) {
    EXPECT_EQ(rounded(table.rows[i][0], Unit::kText), published[i].first);
    EXPECT_EQ(rounded(table.rows[i][2], Unit::kPercent), published[i].second) << published[i].first;
  }
  EXPECT_EQ(table.rows.back()[1], Cell(int64_t{1507}));
}

TEST(InclusionExclusionGolden, ThePublishedAccuraciesComeOutToTheDigit) {
  VIDQA_REQUIRE_SHARED("data/tvqa_modality_bias/val_correct_qids_bert.json");
  const RunResults results = read_results_file(
      (testing::shared_dir() / "data/tvqa_modality_bias/val_correct_qids_bert.json").string(),
      {{}, 15253, std::nullopt});
  const std::vector<std::pair<std::string, std::string>> published = {
      {"V", "43.44"},          {"I", "44.44"},           {"R", "42.53"},
      {"VI", "45.17"},         {"VIR", "44.61"},         {"S", "68.30"},
      {"SI", "70.56"},         {"SVI", "72.13"},         {"SVIR", "71.80"},
      {"SVIR S-off", "40.94"}, {"SVIR V-off", "67.29"},  {"SVIR I-off", "69.63"},
      {"SVIR R-off", "70.25"}, {"SVIR VIR-off", "58.59"}};
  std::vector<QuestionSet> sets;
  for (const auto& [run, accuracy] : published) sets.push_back({run, {run}, {}});
  const FigureTable table = inclusion_exclusion(results, sets);
  for (size_t i = 0; i < published.size(); ++i)
    EXPECT_EQ(rounded(table.rows[i][2], Unit::kPercent), published[i].second) << published[i].first;
}

}  // namespace
}  // namespace vidqa::benchmarks
