#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kResults = "data/tvqa_modality_bias/val_correct_qids_bert.json";

std::string published() {
  return fmt::format("--results {} --total 15253 ", (shared_dir() / kResults).string());
}

/// A line of predictions.jsonl: candidates a and b with these scores by two streams.
std::string prediction(int id, const char* type, const char* gold, double sub_a, double sub_b,
                       double vid_a, double vid_b) {
  const double a = sub_a + vid_a;
  const double b = sub_b + vid_b;
  const std::string chosen = a >= b ? "a" : "b";
  nlohmann::json line = {{"qid", std::to_string(id)},
                         {"video", fmt::format("clip{}", id % 3)},
                         {"type", type},
                         {"prediction", chosen},
                         {"gold", gold},
                         {"correct", chosen == gold},
                         {"raw_score", std::max(a, b)},
                         {"stream_scores", {{"sub", {sub_a, sub_b}}, {"vid", {vid_a, vid_b}}}}};
  line["scores"] = std::vector<std::pair<std::string, double>>{{"a", a}, {"b", b}};
  return line.dump() + "\n";
}

/// Two runs on four questions.
class Analyse : public ::testing::Test {
 protected:
  void SetUp() override {
    write_file(one(), prediction(1, "what/when", "a", 3, 0, 0, 1) +
                          prediction(2, "what/before", "b", 0, 2, 1, 0) +
                          prediction(3, "who", "a", 0, 1, 0, 1) +
                          prediction(4, "who", "a", 0, 1, 3, 0));
    write_file(two(), prediction(4, "who", "a", 0, 1, 3, 0) +
                          prediction(3, "who", "a", 2, 1, 0, 0) +
                          prediction(2, "what/before", "b", 3, 0, 0, 0) +
                          prediction(1, "what/when", "a", 0, 3, 0, 0));
  }
  std::string one() const { return folder_.file("one.jsonl"); }
  std::string two() const { return folder_.file("two.jsonl"); }
  std::string both() const { return fmt::format("--runs A={} B={} ", one(), two()); }
  nlohmann::json rows(const std::string& analysis) const {
    const ProgramResult result = run_vidqa("analyse " + analysis + " --format json");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out).at("rows");
  }
  TempDir folder_;
};

TEST_F(Analyse, AccuracyPerTypeAndSubType) {
  const nlohmann::json table = rows("types " + both());
  ASSERT_EQ(table.size(), 5u);
  EXPECT_EQ(table[0], nlohmann::json({{"type", "all"}, {"questions", 4}, {"A", 0.75}, {"B", 0.5}}));
  EXPECT_EQ(table[1], nlohmann::json({{"type", "what"}, {"questions", 2}, {"A", 1.0}, {"B", 0.0}}));
  EXPECT_EQ(rows("types --relative " + both())[0].at("A"), 0.25);
}

TEST_F(Analyse, StreamsSwitchedOffAtTestTime) {
  const nlohmann::json table = rows(fmt::format("streams --runs A={}", one()));
  // By vid alone the answers are b, a, b, a of a, b, a, a; by sub alone a, b, b, b.
  ASSERT_EQ(table.size(), 3u);
  EXPECT_EQ(table[0].at("accuracy %"), 0.75);
  EXPECT_EQ(table[1].at("left out"), "sub");
  EXPECT_EQ(table[1].at("accuracy %"), 0.25);
  EXPECT_EQ(table[2].at("left out"), "vid");
  EXPECT_EQ(table[2].at("accuracy %"), 0.5);
  EXPECT_EQ(rows(fmt::format("streams --runs A={} --off vid", one()))[1].at("difference, points"),
            -0.25);
  EXPECT_EQ(rows(fmt::format("scores --runs A={}", one())).size(), 8u);
}

TEST_F(Analyse, OverlapAgreementAndVote) {
  EXPECT_EQ(rows("overlap " + both())[0].at("B"), 0.25) << "one of four";
  EXPECT_EQ(rows("agreement " + both())[0].at("B"), 0.25);
  EXPECT_EQ(rows("vote " + both())[2].at("run"), "popular vote");
  EXPECT_EQ(rows("vote --voters B " + both())[1].at("accuracy %"), 0.5);
  EXPECT_EQ(rows("vote --accuracy-below 60 " + both())[0].at("run"), "B");
}

TEST_F(Analyse, SetsComeAsTablesAndIds) {
  const std::string ids = folder_.file("ids.json");
  const std::string command =
      "sets " + both() + "--group all=A,B --set 'A - B' --set '- all' --ids " + ids;
  const nlohmann::json table = rows(command);
  EXPECT_EQ(table[0].at("questions"), 2);
  EXPECT_EQ(table[1].at("questions"), 0);
  EXPECT_EQ(nlohmann::json::parse(read_file(ids)),
            nlohmann::json::parse(R"({"A - B": ["1", "2"], "- all": []})"));
  EXPECT_THAT(run_vidqa("analyse " + command + " --format markdown").out, StartsWith("| set |"));
  EXPECT_THAT(run_vidqa("analyse " + command + " --format csv").out, StartsWith("set,questions,"));
}

TEST_F(Analyse, ResultsOfOthersTakeTypesFromAnyRun) {
  const std::string file = folder_.file("r.json");
  write_file(file, R"({"X": [1, 3]})");
  const nlohmann::json table = rows(fmt::format("types --results {} --questions {}", file, one()));
  EXPECT_EQ(table[0].at("X"), 0.5);
  EXPECT_EQ(table[1].at("type"), "what");
  EXPECT_EQ(table[1].at("X"), 0.5);
}

TEST_F(Analyse, TypesOfRunsMayComeFromTheAnnotations) {
  const std::string file = folder_.file("q.jsonl");
  write_file(file, R"({"qid": 1, "q": "Where is it after noon?", "vid_name": "c"})"
                   "\n"
                   R"({"qid": 2, "q": "Where is it?", "vid_name": "c"})"
                   "\n"
                   R"({"qid": 3, "q": "Is it there?", "vid_name": "d"})"
                   "\n"
                   R"({"qid": 4, "q": "Is it?", "vid_name": "d"})");
  const nlohmann::json table = rows("types " + both() + "--questions " + file);
  ASSERT_EQ(table.size(), 5u);
  EXPECT_EQ(table[1].at("type"), "other");
  EXPECT_EQ(table[2].at("type"), "where");
  EXPECT_EQ(table[3].at("type"), "where/after");
  EXPECT_EQ(table[4].at("type"), "where/other");
}

TEST_F(Analyse, SaysWhatIsMissingOrWrong) {
  const std::string file = folder_.file("r.json");
  write_file(file, R"({"X": [1, 3]})");
  const auto error = [](const std::string& arguments, int exit_code) {
    const ProgramResult result = run_vidqa("analyse " + arguments);
    EXPECT_EQ(result.exit_code, exit_code) << arguments;
    if (exit_code == 1) {
      EXPECT_EQ(result.error_lines().size(), 1u) << result.err;
    }
    return result.err;
  };
  EXPECT_THAT(error("overlap", 1), HasSubstr("--runs"));
  EXPECT_THAT(error("overlap --results " + file, 1), HasSubstr("total"));
  EXPECT_THAT(error("agreement --total 4 --results " + file, 1), HasSubstr("run folders"));
  EXPECT_THAT(error("types --total 4 --results " + file, 1), HasSubstr("type"));
  EXPECT_THAT(error("sets --set Y --total 4 --results " + file, 1), HasSubstr("'X'"));
  EXPECT_THAT(error("overlap --runs " + folder_.file("nowhere"), 1), HasSubstr("nowhere"));
  error("", 2);
  error("sets " + both(), 2);
  error("overlap --results " + file + " " + both(), 2);
  error("overlap --format yaml " + both(), 2);
}

TEST_F(Analyse, FinishedRunsAreComparedWithoutTraining) {
  const std::string output = folder_.file("tables");
  const ProgramResult result =
      run_vidqa("compare " + both() + "--baseline B --json --output " + output);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json table = nlohmann::json::parse(result.out);
  EXPECT_EQ(table.at("num_videos"), 3);
  EXPECT_EQ(table.at("rows").at(0).at("test").at("only_row"), 2);
  EXPECT_EQ(table.at("rows").at(0).at("test").at("only_baseline"), 1);
  EXPECT_EQ(read_file(output + "/table.json"), result.out);
}

TEST_F(Analyse, FinishedRunsAndTrainingDoNotMix) {
  EXPECT_EQ(run_vidqa("compare " + both()).exit_code, 2) << "no baseline";
  const ProgramResult mixed = run_vidqa("compare " + both() + "--baseline B --epochs 3");
  EXPECT_EQ(mixed.exit_code, 2);
  EXPECT_THAT(mixed.err, HasSubstr("--epochs"));
  EXPECT_EQ(run_vidqa("compare " + both() + "--baseline B --fusions mcb").exit_code, 2);
  EXPECT_EQ(run_vidqa("compare").exit_code, 2) << "a training still needs its options";
  EXPECT_THAT(run_vidqa("compare " + both() + "--baseline C").err, HasSubstr("'A', 'B'"));
}

TEST(AnalyseGolden, ThePublishedSets) {
  VIDQA_REQUIRE_SHARED(kResults);
  const ProgramResult result = run_vidqa("analyse sets --preset tvqa " + published());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* line :
       {"\nAll - Single       1,171     7.68\n", "\nNon-sub - Sub        820     5.38\n",
        "\nHard               1,507     9.88\n"})
    EXPECT_THAT(result.out, HasSubstr(line));
}

TEST(AnalyseGolden, ThePublishedRunsAgainstSvir) {
  VIDQA_REQUIRE_SHARED(kResults);
  const ProgramResult table = run_vidqa("compare --baseline SVIR " + published());
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("15,253 questions"));
  EXPECT_THAT(table.out,
              ::testing::ContainsRegex(R"(SVI +72\.13 .* \+0\.33 .* 1057 / 1006 +0\.27 )"));
  const ProgramResult json = run_vidqa("compare --baseline SI --json " + published());
  ASSERT_EQ(json.exit_code, 0) << json.err;
  for (const auto& row : nlohmann::json::parse(json.out).at("rows")) {
    if (row.at("name") != "SVI") continue;
    EXPECT_NEAR(row.at("difference").at("estimate").get<double>(), 0.0157, 5e-5);
    EXPECT_NEAR(row.at("test").at("p").get<double>(), 1.3e-6, 5e-8);
    EXPECT_EQ(row.at("test").at("only_row"), 1343);
    EXPECT_EQ(row.at("test").at("only_baseline"), 1103);
  }
}

}  // namespace
}  // namespace vidqa::testing
