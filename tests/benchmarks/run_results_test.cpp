#include "benchmarks/run_results.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/benchmarks/choice_runs.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::write_file;

std::vector<std::string> ids_of(const RunResults& results) {
  std::vector<std::string> ids;
  for (const EvaluatedQuestion& question : results.questions) ids.push_back(question.id);
  return ids;
}

QuestionRange total_of(int64_t total) { return {{}, total, std::nullopt}; }

class RunFiles : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.file(name); }
  std::string write(const std::string& name, const std::string& content) const {
    write_file(path(name), content);
    return path(name);
  }
  std::string write_run(const std::string& name,
                        const std::vector<train::Prediction>& predictions) const {
    train::write_predictions(path(name), predictions);
    return path(name);
  }
  testing::TempDir folder_;
};

using Runs = RunFiles;
using ResultsFile = RunFiles;
using Questions = RunFiles;

TEST_F(Runs, AreReadFromFoldersAndFilesInTheOrderOfTheFirst) {
  fs::create_directories(path("folder"));
  write("folder/config.toml", "[train]\n");
  write_run("folder/predictions.jsonl", {choice("q1", {1, 2}, 1), choice("q2", {3, 0}, 1)});
  write_run("folder/predictions_val.jsonl", {choice("v1", {1, 2}, 0)});
  const std::string file = write_run("b.jsonl", {choice("q2", {0, 3}, 1), choice("q1", {2, 1}, 1)});
  const RunResults results = read_runs({{"A", path("folder")}, {"B", file}}, "test");
  EXPECT_THAT(ids_of(results), ElementsAre("q1", "q2"));
  EXPECT_EQ(results.questions[1].video, "clip of q2");
  EXPECT_EQ(results.questions[1].type, "what");
  ASSERT_EQ(results.runs.size(), 2u);
  EXPECT_EQ(results.runs[1].name, "B");
  EXPECT_THAT(results.runs[0].correct, ElementsAre(true, false));
  EXPECT_THAT(results.runs[1].correct, ElementsAre(false, true));
  EXPECT_EQ(results.runs[1].predictions[0].question_id, "q1");
  EXPECT_TRUE(results.have_types());
  EXPECT_THAT(ids_of(read_runs({{"A", path("folder")}}, "val")), ElementsAre("v1"));
}

TEST_F(Runs, OnOtherQuestionsAreRefused) {
  const std::string a = write_run("a", {choice("q1", {1, 2}, 1), choice("q2", {3, 0}, 1)});
  const auto error_with = [&](const std::vector<train::Prediction>& other) {
    const std::string b = write_run("b", other);
    return error_of([&] { read_runs({{"A", a}, {"B", b}}, "test"); });
  };
  EXPECT_THAT(error_with({choice("q1", {1, 2}, 1)}), AllOf(HasSubstr("'B'"), HasSubstr("'A'")));
  EXPECT_THAT(error_with({choice("q1", {1, 2}, 1), choice("q3", {1, 2}, 1)}),
              AllOf(HasSubstr("'B'"), HasSubstr("'q3'")));
  EXPECT_THAT(error_with({choice("q1", {1, 2}, 1), choice("q1", {1, 2}, 1)}),
              AllOf(HasSubstr("'B'"), HasSubstr("'q1'"), HasSubstr("twice")));
  EXPECT_THAT(error_with({choice("q1", {1, 2}, 1), choice("q2", {1, 2}, 0)}),
              AllOf(HasSubstr("'B'"), HasSubstr("'q2'"), HasSubstr("right answer")));
  EXPECT_THAT(error_with({choice("q2", {1, 2}, 1), choice("q7", {1, 2}, 1)}),
              HasSubstr("only in 'B': 1 ('q7'), only in 'A': 1 ('q1')"));
  EXPECT_THAT(error_with({}), HasSubstr("no predictions"));
  EXPECT_THAT(error_of([&] { read_runs({{"A", a}, {"A", a}}, "test"); }), HasSubstr("'A'"));
  EXPECT_THAT(error_of([&] { read_runs({{"A", path("nowhere")}}, "test"); }), HasSubstr("nowhere"));
}

TEST_F(Runs, OfSeveralSplitsArePooled) {
  const std::string first = write_run("a", {choice("q1", {1, 2}, 1), choice("q2", {3, 0}, 1)});
  const std::string second = write_run("b", {choice("q2", {3, 0}, 0)});
  const RunResults results = read_runs({{"HME", first + "," + second}}, "test");
  EXPECT_THAT(ids_of(results), ElementsAre("1/q1", "1/q2", "2/q2"));
  EXPECT_THAT(results.runs[0].correct, ElementsAre(true, false, true));
  EXPECT_EQ(results.questions[1].video, results.questions[2].video);
  EXPECT_THAT(error_of([&] {
                read_runs({{"HME", first + ",nowhere"}}, "test");
              }),
              HasSubstr("nowhere"));
}

TEST_F(Runs, AreNamedByTextOrPath) {
  const RunSource named = parse_run_source("SVI=runs/svi");
  EXPECT_EQ(named.name, "SVI");
  EXPECT_EQ(named.path, "runs/svi");
  EXPECT_EQ(parse_run_source("runs/svi").name, "runs/svi");
  const std::string with_equals = write("mfb_factor=2", "");
  EXPECT_EQ(parse_run_source(with_equals).path, with_equals);
  EXPECT_EQ(parse_run_source("x=" + with_equals).path, with_equals);
}

TEST_F(Runs, ThatAreNotThereAreAnsweredByTheNamesOfTheOthers) {
  const RunResults results = results_of({{"V", "10"}, {"S", "01"}});
  EXPECT_EQ(&results.find("S"), &results.runs[1]);
  EXPECT_THAT(error_of([&] { results.find("X"); }), AllOf(HasSubstr("'X'"), HasSubstr("'V', 'S'")));
}

TEST_F(ResultsFile, KeepsTheOrderOfRunsAndPadsUnknownQuestions) {
  const std::string file = write("r.json", R"({"S": [20, 3], "A": [], "V": [3, 100]})");
  const RunResults results = read_results_file(file, total_of(5));
  EXPECT_THAT(ids_of(results), ElementsAre("3", "20", "100", "", ""));
  ASSERT_EQ(results.runs.size(), 3u);
  EXPECT_EQ(results.runs[0].name, "S");
  EXPECT_THAT(results.runs[0].correct, ElementsAre(true, true, false, false, false));
  EXPECT_THAT(results.runs[1].correct, ElementsAre(false, false, false, false, false));
  EXPECT_THAT(results.runs[2].correct, ElementsAre(true, false, true, false, false));
  EXPECT_THAT(results.runs[0].predictions, IsEmpty());
  EXPECT_FALSE(results.have_types());
  EXPECT_THAT(results.notes, ElementsAre(HasSubstr("counts as answered wrongly")));
}

TEST_F(ResultsFile, KnowsEveryQuestionByTheFirstId) {
  const std::string file = write("r.json", R"({"S": [12]})");
  const RunResults results = read_results_file(file, {{}, 3, 10});
  EXPECT_THAT(ids_of(results), ElementsAre("10", "11", "12"));
  EXPECT_THAT(results.runs[0].correct, ElementsAre(false, false, true));
  EXPECT_THAT(error_of([&] {
                read_results_file(file, {{}, 2, 10});
              }),
              AllOf(HasSubstr("'S'"), HasSubstr("12")));
}

TEST_F(ResultsFile, TakesTheQuestionsFromAFile) {
  const std::string file = write("r.json", R"({"S": ["q2"]})");
  const std::string questions =
      write_run("any.jsonl", {choice("q1", {1, 2}, 1), choice("q2", {3, 0}, 1)});
  const RunResults results =
      read_results_file(file, {read_questions(questions), std::nullopt, std::nullopt});
  EXPECT_THAT(results.runs[0].correct, ElementsAre(false, true));
  EXPECT_EQ(results.questions[1].video, "clip of q2");
  EXPECT_TRUE(results.have_types());
}

TEST_F(ResultsFile, FaultsAreNamed) {
  const auto error_with = [&](const std::string& content, const QuestionRange& range) {
    const std::string file = write("r.json", content);
    return error_of([&] { read_results_file(file, range); });
  };
  for (const char* bad :
       {"", "{", "[1]", R"({"S": 3})", R"({"S": [1.5]})", R"({"S": [null]})", "{}"})
    EXPECT_THAT(error_with(bad, total_of(5)), HasSubstr("r.json")) << bad;
  EXPECT_THAT(error_with(R"({"S": [4, 4]})", total_of(5)),
              AllOf(HasSubstr("'S'"), HasSubstr("4 twice")));
  EXPECT_THAT(error_with(R"({"S": [1, 2], "V": [3]})", total_of(2)),
              AllOf(HasSubstr("3 questions"), HasSubstr("total of 2")));
  EXPECT_THAT(error_with(R"({"S": [1]})", {}), HasSubstr("total"));
}

TEST_F(Questions, ComeFromPredictionsOrAnnotations) {
  const auto questions = read_questions(
      write("q.jsonl", R"({"qid": 7, "q": "\"Who\" came before Ross?", "vid_name": "s01e01"})"
                       "\n"
                       R"({"qid": "8", "video": "v", "type": "colour", "q": "Which?"})"
                       "\n"
                       R"({"qid": 9, "q": "Which one?"})"
                       "\n"
                       R"({"qid": 10})"));
  ASSERT_EQ(questions.size(), 4u);
  EXPECT_EQ(questions[0].id, "7");
  EXPECT_EQ(questions[0].video, "s01e01");
  EXPECT_EQ(questions[0].type, "who/before");
  EXPECT_EQ(questions[1].id, "8");
  EXPECT_EQ(questions[1].video, "v");
  EXPECT_EQ(questions[1].type, "colour");
  EXPECT_EQ(questions[2].type, "which");
  EXPECT_EQ(questions[3].type, "");
}

TEST_F(Questions, FaultsNameTheLine) {
  const auto error_with = [&](const std::string& content) {
    const std::string file = write("bad.jsonl", content);
    return error_of([&] { read_questions(file); });
  };
  EXPECT_THAT(error_with("{\"qid\": 1}\n{\"video\": 2}\n"), HasSubstr("bad.jsonl: line 2"));
  EXPECT_THAT(error_with("{\"qid\": 1.5}\n"), HasSubstr("bad.jsonl: line 1"));
  EXPECT_THAT(error_with("{\"qid\": 1, \"type\": 2}\n"), HasSubstr("bad.jsonl: line 1"));
  EXPECT_THAT(error_with("{\"qid\": 1}\n{\"qid\": 1}\n"),
              AllOf(HasSubstr("bad.jsonl: line 2"), HasSubstr("twice")));
}

TEST_F(Questions, OfRunsMayBeDescribedByAFile) {
  RunResults results = results_of({{"A", {choice("q1", {1, 2}, 1), choice("q2", {3, 0}, 1)}}});
  describe_questions(results, {{"q3", "x", "y"}, {"q2", "clip", "why/when"}, {"q1", "", "how"}});
  EXPECT_EQ(results.questions[0].type, "how");
  EXPECT_EQ(results.questions[1].video, "clip");
  EXPECT_EQ(results.questions[1].type, "why/when");
  EXPECT_THAT(error_of([&] { describe_questions(results, {{"q2", "", ""}}); }), HasSubstr("'q1'"));
}

TEST(RunNames, StandBetweenCommas) {
  EXPECT_THAT(split_names(" a b , c"), ElementsAre("a b", "c"));
  EXPECT_THAT(split_names("  "), IsEmpty());
  EXPECT_THAT(error_of([] { split_names("a,,b"); }), HasSubstr("'a,,b'"));
  EXPECT_THAT(error_of([] { split_names("a,"); }), HasSubstr("'a,'"));
}

}  // namespace
}  // namespace vidqa::benchmarks
