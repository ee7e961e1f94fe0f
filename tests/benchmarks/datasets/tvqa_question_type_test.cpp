#include "benchmarks/datasets/tvqa_question_type.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/tokenizer.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

std::string classified(const std::string& question) {
  const TvqaQuestionType type = tvqa_question_type(data::tvqa_clean(question));
  return type.type + "/" + type.subtype;
}

TEST(TvqaQuestionTypeTest, FirstWordDecides) {
  EXPECT_EQ(classified("What's on the table when he sits down?"), "what/when");
  EXPECT_EQ(classified("\"Why\" did she leave after dinner?"), "why/after");
  EXPECT_EQ(classified("HOW did he do it?"), "how/other");
  EXPECT_EQ(classified("Which hand did he raise when asked?"), "which/");
  EXPECT_EQ(classified("Whose hat is it when it rains?"), "other/");
  EXPECT_EQ(classified("Other people left."), "other/");
  EXPECT_EQ(classified(""), "other/");
}

TEST(TvqaQuestionTypeTest, WhenGoesBeforeBeforeAndThatBeforeAfter) {
  EXPECT_EQ(classified("Who left before or after him when it rained?"), "who/when");
  EXPECT_EQ(classified("Where was he after or before that?"), "where/before");
  EXPECT_EQ(classified("What is he doing whenever she calls?"), "what/other")
      << "whole words count";
}

TEST(TvqaQuestionTypeGolden, CountsOnTheReleasedTestSplitEqualThePublishedOnes) {
  VIDQA_REQUIRE_SHARED("data/tvqa/tvqa_test_public.jsonl");
  std::ifstream file(vidqa::testing::shared_dir() / "data/tvqa/tvqa_test_public.jsonl");
  std::map<std::string, int> types;
  for (std::string line; std::getline(file, line);)
    ++types[classified(nlohmann::json::parse(line).at("q"))];
  const std::map<std::string, int> expected = {
      {"what/when", 2430},  {"what/before", 454}, {"what/after", 1368}, {"what/other", 1},
      {"how/when", 398},    {"how/before", 47},   {"how/after", 226},   {"who/when", 587},
      {"who/before", 72},   {"who/after", 232},   {"who/other", 1},     {"where/when", 622},
      {"where/before", 73}, {"where/after", 183}, {"where/other", 1},   {"why/when", 398},
      {"why/before", 69},   {"why/after", 325},   {"why/other", 1},     {"which/", 58},
      {"other/", 77}};
  EXPECT_EQ(types, expected);
}

}  // namespace
}  // namespace vidqa::benchmarks
